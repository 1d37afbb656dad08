"""A class that the network never predicts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from steelyard.diagnostics.patches import choose_again, replace
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Predicted, Run
from steelyard.diagnostics.schema import Finding
from steelyard.errors import shown

MOST_NAMED = 10


@RULES.add
@dataclass(frozen=True)
class ClassNeverPredicted(Rule):
    """A class that no training row is predicted as, although enough rows have it."""

    name: ClassVar = "class_never_predicted"
    stage: ClassVar = "result"
    symptom: ClassVar = "no training row is predicted as a class that enough of them have"
    consequence: ClassVar = "every row of this class is predicted wrongly"
    formula: ClassVar = "n(p = c) = 0 and n(t = c) ≥ max(rows, share · n)"
    latex: ClassVar = r"n(p = c) = 0,\ n(t = c) \ge \max(\text{rows}, \text{share} \cdot n)"
    threshold: ClassVar = "a class of at least `rows` rows"
    remedy: ClassVar = "balance the classes"
    source: ClassVar = "Johnson, Khoshgoftaar 2019, Survey on deep learning with class imbalance"
    evidence: ClassVar = "/report?split=train"

    rows: Annotated[int, Ge(1)] = 5
    share: Annotated[float, Ge(0), Lt(1)] = 0.01

    def find(self, run: Run) -> Iterator[Finding]:
        train = run.predictions.get("train")
        if train is None or not run.is_over or run.spec["task"] == "regression":
            return
        yield from self._labels(run, train) if train.targets.ndim > 1 else self._classes(run, train)

    def _labels(self, run: Run, train: Predicted) -> Iterator[Finding]:
        """Labels that no row is predicted to have; where rows have several."""
        least = max(self.rows, self.share * len(train.targets))
        actual, predicted = ((each > 0).sum(axis=0) for each in (train.targets, train.predictions))
        missing = np.flatnonzero((predicted == 0) & (actual >= least)).tolist()
        names = run.spec["data"]["target"]
        if missing:
            counts = [
                f"{shown(names[place])} ({int(actual[place])} of {len(train.targets)} have it)" for place in missing
            ]
            yield self.finding(
                f"No training row is predicted to have the label {', '.join(counts[:MOST_NAMED])}.",
                "Train for more epochs, use a larger network, or predict the label at a lower probability than 0.5.",
                level="warning" if run.is_harmed else "info",
                value=0.0,
                threshold=least,
                patch=choose_again(run) if run.is_harmed else None,
            )

    def _classes(self, run: Run, train: Predicted) -> Iterator[Finding]:
        if run.classes is None:
            return
        actual = np.bincount(train.targets, minlength=len(run.classes))
        predicted = np.bincount(train.predictions, minlength=len(run.classes))
        least = max(self.rows, self.share * len(train.targets))
        missing = np.flatnonzero((predicted == 0) & (actual >= least)).tolist()
        if not missing:
            return
        labels = ", ".join(shown(run.classes[place]) for place in missing[:MOST_NAMED])
        weighted = run.spec["training"]["class_weight"] is not None
        yield self.finding(
            f"No training row is predicted as {labels}; {int(actual[missing].sum())} of {len(train.targets)} are of "
            f"{'this class' if len(missing) == 1 else 'these classes'}.",
            "Try training.class_weight 'balanced', more epochs, or a larger learning rate."
            if not weighted
            else "Train for more epochs, or use a larger network.",
            value=0.0,
            threshold=least,
            patch=choose_again(run) if weighted else [replace("/training/class_weight", "balanced")],
        )
