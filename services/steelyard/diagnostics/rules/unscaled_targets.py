"""Targets of a large scale."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt

from steelyard.diagnostics.patches import replace
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class UnscaledTargets(Rule):
    """Regression targets that are not scaled and are far from zero or very spread."""

    name: ClassVar = "unscaled_targets"
    stage: ClassVar = "data"
    symptom: ClassVar = "the targets are not scaled, and are large or very small"
    consequence: ClassVar = "most of the training is spent on reaching the targets' mean and scale"
    formula: ClassVar = "√mean y² > size or s(y) < 1 / size, with preprocessing.target none"
    latex: ClassVar = r"\sqrt{\overline{y^2}} > \text{size} \lor s(y) < \frac{1}{\text{size}}"
    threshold: ClassVar = "a root mean square above `size`, or a standard deviation below 1 / `size`"
    remedy: ClassVar = "use `preprocessing.target: standard`"
    source: ClassVar = "Bishop 1995, Neural Networks for Pattern Recognition, 8.2"
    explains: ClassVar = ("loss_did_not_fall", "learning_rate_too_high", "learning_rate_too_low")

    size: Annotated[float, Gt(1)] = 10.0

    def find(self, run: Run) -> Iterator[Finding]:
        train = run.predictions.get("train")
        raw = run.loss.raw_targets or run.spec["preprocessing"]["target"] != "none"
        if train is None or run.spec["task"] != "regression" or raw:
            return
        y = train.targets.reshape(len(train.targets), -1)
        size, deviation = np.sqrt(np.square(y).mean(axis=0)), y.std(axis=0)
        large, small = float(size.max()), float(deviation.min())
        if (large <= self.size and small >= 1 / self.size) or small == 0:
            return
        yield self.finding(
            f"The targets are not scaled: their root mean square is {large:.3g}, and their standard "
            f"deviation {small:.3g}.",
            "Use preprocessing.target 'standard'; predictions and errors stay in the target's own units.",
            level="warning" if run.is_harmed or run.starts_high else "info",
            epoch=0,
            value=large if large > self.size else small,
            threshold=self.size if large > self.size else 1 / self.size,
            patch=[replace("/preprocessing/target", "standard")],
        )
