"""A value so large that training overflows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from steelyard.diagnostics.not_finite import LARGE
from steelyard.diagnostics.patches import replace
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding, PatchOperation


@RULES.add
@dataclass(frozen=True)
class LargeInput(Rule):
    """A value of the training rows that is very large after preprocessing, in a training that diverged."""

    name: ClassVar = "large_input"
    stage: ClassVar = "data"
    symptom: ClassVar = "a value of the training rows is very large after preprocessing"
    consequence: ClassVar = "the training diverged"
    formula: ClassVar = "max |x| > 10⁴ after preprocessing"
    latex: ClassVar = r"\max |x| > 10^4"
    threshold: ClassVar = "10,000"
    remedy: ClassVar = "correct the value, or scale the column"
    source: ClassVar = "LeCun, Bottou, Orr, Müller 1998, Efficient BackProp"
    needs_data: ClassVar = True

    def find(self, run: Run) -> Iterator[Finding]:
        cause = None if run.data is None else run.data.causes.get("train")
        if cause is None:
            return
        key = "target" if _is_target(run) else "numeric"
        suggestion = f"Correct or remove the value, or scale the column (preprocessing.{key})."
        yield self.finding(cause, suggestion, patch=_scale(run, key))


def _is_target(run: Run) -> bool:
    """Whether the value is one of a target: then that is what is too large as the loss takes it."""
    if run.data is None or run.spec["task"] != "regression":
        return False
    return not np.abs(run.data.y).max() <= LARGE


def _scale(run: Run, key: str) -> list[PatchOperation] | None:
    if run.spec["preprocessing"][key] != "none" or (key == "target" and run.loss.raw_targets):
        return None
    return [replace(f"/preprocessing/{key}", "robust" if key == "numeric" else "standard")]
