"""Steps that see all rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge

from steelyard.diagnostics.patches import replace
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding

BEGUN = 3


@RULES.add
@dataclass(frozen=True)
class BatchTooLarge(Rule):
    """A batch as large as the data, so that an epoch is a single step."""

    name: ClassVar = "batch_too_large"
    stage: ClassVar = "training"
    symptom: ClassVar = "an epoch is a single step over all rows"
    consequence: ClassVar = "few steps are made; a warning if a baseline is better or the loss was still falling"
    formula: ClassVar = "batch_size ≥ n, n > rows, and epochs < steps"
    latex: ClassVar = r"\text{batch\_size} \ge n,\ n > \text{rows},\ T < \text{steps}"
    threshold: ClassVar = "more than `rows` training rows, and fewer than `steps` steps"
    remedy: ClassVar = "use smaller batches"
    source: ClassVar = "Keskar et al. 2017, On large-batch training; Masters, Luschi 2018"
    evidence: ClassVar = "/history"
    explains: ClassVar = (*MISSED_CLASSES, "still_improving")

    rows: Annotated[int, Ge(1)] = 64
    steps: Annotated[int, Ge(1)] = 200

    def find(self, run: Run) -> Iterator[Finding]:
        rows = run.rows
        if rows is None or rows <= self.rows or run.batch_size < rows or run.is_line_search or not run.is_over:
            return
        if run.epochs >= self.steps or run.epochs < BEGUN or run.error is not None:
            return
        losses = run.losses
        falling = len(losses) >= BEGUN and losses[-1] == min(losses) and losses[-1] < 0.98 * losses[-BEGUN]
        yield self.finding(
            f"A batch has all {rows} training rows, so the {run.epochs} epochs were only {run.epochs} steps"
            f"{', and the loss was still falling' if falling else ''}.",
            "Use a smaller batch size, such as 32: an epoch then makes more steps.",
            level="warning" if run.is_harmed or falling else "info",
            value=float(run.epochs),
            threshold=float(self.steps),
            patch=[replace("/training/batch_size", 32)],
        )
