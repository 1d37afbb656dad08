"""A regression of what looks like classes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from steelyard.diagnostics.patches import replace
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class ClassesAsNumbers(Rule):
    """A loss that does not suit the targets: a few whole numbers are learned as a quantity."""

    name: ClassVar = "classes_as_numbers"
    stage: ClassVar = "data"
    symptom: ClassVar = "the job asks for regression, and its target has only a few different whole numbers"
    consequence: ClassVar = "classes without an order cannot be predicted as numbers between them"
    formula: ClassVar = "|{y_i}| ≤ classes, all whole, and each value in at least 2 % of the rows"
    latex: ClassVar = r"|\{y_i\}| \le \text{classes},\ y_i \in \mathbb{Z}"
    threshold: ClassVar = "at most `classes` different values"
    remedy: ClassVar = "use the task `binary` or `multiclass`"
    source: ClassVar = "Hastie, Tibshirani, Friedman 2009, The Elements of Statistical Learning, 4.2"

    classes: Annotated[int, Ge(2)] = 10

    def find(self, run: Run) -> Iterator[Finding]:
        train = run.predictions.get("train")
        if train is None or run.spec["task"] != "regression" or not run.is_over or run.loss.raw_targets:
            return
        y = train.targets.reshape(len(train.targets), -1)
        values, counts = np.unique(y, return_counts=True)
        few = 2 <= len(values) <= self.classes and counts.min() >= 0.02 * len(y) and len(y) >= 10 * len(values)
        if y.shape[1] > 1 or not few or not (values == np.round(values)).all():
            return
        task = "binary" if len(values) == 2 else "multiclass"
        yield self.finding(
            f"The target has only {len(values)} different values, all whole numbers, and is learned as a quantity with "
            f"the loss {run.loss.name}. They look like classes.",
            f"If they are classes, use the task {task!r} and its usual loss.",
            value=float(len(values)),
            threshold=float(self.classes),
            patch=[
                replace("/task", task),
                replace("/loss", None),
                replace("/output/activation", None),
                replace("/preprocessing/target", None),
            ],
        )
