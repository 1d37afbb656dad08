"""The same class for every row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from steelyard.diagnostics.patches import choose_again, replace
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding
from steelyard.errors import shown


@RULES.add
@dataclass(frozen=True)
class OneClassPredicted(Rule):
    """The same class for every training row, although they have several."""

    name: ClassVar = "one_class_predicted"
    stage: ClassVar = "result"
    symptom: ClassVar = "all training rows are predicted as the same class"
    consequence: ClassVar = "the predictions say nothing about a row"
    formula: ClassVar = "|{p_i}| = 1 and |{t_i}| > 1 over the training rows i"
    latex: ClassVar = r"|\{p_i\}| = 1 < |\{t_i\}|"
    threshold: ClassVar = "all rows, after at least `epochs` epochs"
    remedy: ClassVar = "balance the classes; scale the inputs"
    source: ClassVar = "Zhang, Zhai, Ma, Shen, Xu 2021, AutoTrainer"
    evidence: ClassVar = "/predictions?split=train"
    explains: ClassVar = ("class_never_predicted",)

    epochs: Annotated[int, Ge(1)] = 1

    def find(self, run: Run) -> Iterator[Finding]:
        train = run.predictions.get("train")
        if train is None or run.classes is None or run.epochs < self.epochs or run.spec["task"] == "multilabel":
            return
        if len(np.unique(train.predictions)) > 1 or len(np.unique(train.targets)) < 2:
            return
        said = int(train.predictions[0])
        others = int(np.count_nonzero(train.targets != said))
        frequent = others < len(train.targets) / 2
        unweighted = run.spec["training"]["class_weight"] is None
        yield self.finding(
            f"All {len(train.targets)} training rows are predicted as {shown(run.classes[said])}; {others} of them are "
            "of another class.",
            "The class is frequent: try training.class_weight 'balanced'."
            if frequent and unweighted
            else "Check the scale of the inputs (preprocessing.numeric) and the learning rate.",
            value=1.0,
            threshold=1.0,
            patch=[replace("/training/class_weight", "balanced")] if frequent and unweighted else choose_again(run),
        )
