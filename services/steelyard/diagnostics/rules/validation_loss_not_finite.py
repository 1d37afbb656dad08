"""A validation loss that is not a number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from steelyard.diagnostics.not_finite import find_not_finite
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class ValidationLossNotFinite(Rule):
    """A validation loss that was not a finite number in some epochs."""

    name: ClassVar = "validation_loss_not_finite"
    stage: ClassVar = "result"
    symptom: ClassVar = "the validation loss was not a finite number"
    consequence: ClassVar = "early stopping and the choice of the best epoch have nothing to compare"
    formula: ClassVar = "V_t is not finite"
    latex: ClassVar = r"V_t \notin \mathbb{R}"
    threshold: ClassVar = "one epoch"
    remedy: ClassVar = "correct the value that is to blame"
    source: ClassVar = "IEEE 754-2019, 6.1 and 6.2"
    evidence: ClassVar = "/history"

    def find(self, run: Run) -> Iterator[Finding]:
        causes = {} if run.data is None else run.data.causes
        yield from find_not_finite(run.history, causes, stopped_at=run.stopped_at)

    def can_run(self, run: Run) -> bool:
        return run.data is not None
