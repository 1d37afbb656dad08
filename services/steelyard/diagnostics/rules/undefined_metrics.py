"""Metrics without a value."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from steelyard.diagnostics.not_finite import find_undefined
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class UndefinedMetrics(Rule):
    """Metrics that are null, each with the reason."""

    name: ClassVar = "undefined_metrics"
    stage: ClassVar = "result"
    symptom: ClassVar = "metrics are null"
    consequence: ClassVar = "they cannot be compared"
    formula: ClassVar = "the metric is not defined for the rows, or not finite"
    latex: ClassVar = r"m \notin \mathbb{R}"
    threshold: ClassVar = "one metric"
    remedy: ClassVar = "use more rows in the split"
    source: ClassVar = "scikit-learn, Metrics and scoring"
    needs_data: ClassVar = True

    def find(self, run: Run) -> Iterator[Finding]:
        unknown = None in run.history.get("val_loss", ())
        others = {split: values for split, values in run.metrics.items() if split != "validation" or not unknown}
        yield from find_undefined(others, {} if run.data is None else run.data.causes)
