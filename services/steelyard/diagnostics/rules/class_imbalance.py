"""Classes of very different size, which training did not balance."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from steelyard.diagnostics.patches import replace
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding
from steelyard.errors import shown


@RULES.add
@dataclass(frozen=True)
class ClassImbalance(Rule):
    """A rare class that the network mostly misses, in a job that does not weigh its classes."""

    name: ClassVar = "class_imbalance"
    stage: ClassVar = "result"
    symptom: ClassVar = "a class is rare, and most of its rows are predicted as others"
    consequence: ClassVar = "the accuracy is good, but the rare class is hardly ever found"
    formula: ClassVar = "n_c / n < share / classes, recall_c < recall, and recall of the others > 2 · recall_c"
    latex: ClassVar = r"\frac{n_c}{n} < \frac{\text{share}}{|C|},\ R_c < \text{recall},\ R_{\ne c} > 2 R_c"
    threshold: ClassVar = "a class with less than `share` of an equal share of the rows, and a recall below `recall`"
    remedy: ClassVar = "use `class_weight: balanced`"
    source: ClassVar = "Johnson, Khoshgoftaar 2019, Survey on deep learning with class imbalance"
    evidence: ClassVar = "/report?split=validation"
    explains: ClassVar = ("class_never_predicted",)

    share: Annotated[float, Gt(0), Lt(1)] = 0.4
    recall: Annotated[float, Gt(0), Le(1)] = 0.5
    rows: Annotated[int, Ge(1)] = 5

    def find(self, run: Run) -> Iterator[Finding]:
        train = run.predictions.get("train")
        if train is None or run.classes is None or not run.is_over or train.targets.ndim > 1:
            return
        if run.spec["training"]["class_weight"] is not None:
            return
        held = run.predictions.get("validation") or run.predictions.get("test") or train
        actual = np.bincount(train.targets, minlength=len(run.classes))
        rare = actual < self.share * len(train.targets) / len(run.classes)
        for place in np.flatnonzero(rare).tolist():
            rows = held if int((held.targets == place).sum()) >= self.rows else train
            of_class = rows.targets == place
            if int(of_class.sum()) < self.rows or of_class.all():
                continue
            others = float((rows.predictions == rows.targets)[~of_class].mean())
            recall = float((rows.predictions[of_class] == place).mean())
            if recall >= self.recall or others < 2 * recall:
                continue
            yield self.finding(
                f"The class {shown(run.classes[place])} has {actual[place]} of {len(train.targets)} training rows, and "
                f"{1 - recall:.0%} of its rows are predicted as another class, next to {1 - others:.0%} of the others.",
                "Use training.class_weight 'balanced', which gives all classes the same total weight.",
                value=recall,
                threshold=self.recall,
                patch=[replace("/training/class_weight", "balanced")],
            )
