"""A value so large that training overflows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

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
        if cause is not None:
            suggestion = "Correct or remove the value, or scale the column (preprocessing.numeric)."
            yield self.finding(cause, suggestion, patch=_scale(run))


def _scale(run: Run) -> list[PatchOperation] | None:
    unscaled = run.spec["preprocessing"]["numeric"] == "none"
    return [replace("/preprocessing/numeric", "robust")] if unscaled else None
