"""A training loss that stays where it began."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Lt

from steelyard.diagnostics.patches import change_rate
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding

MOVED = 0.001  # of the length of the initial weights; with less, nothing was learned


@RULES.add
@dataclass(frozen=True)
class LossDidNotFall(Rule):
    """A training loss that ended about where its first epoch left it."""

    name: ClassVar = "loss_did_not_fall"
    stage: ClassVar = "result"
    symptom: ClassVar = "the training loss did not fall after the first epoch"
    consequence: ClassVar = "the network stopped learning before it fitted the training rows"
    formula: ClassVar = "min_t L_t > (1 − fall) · L_1"
    latex: ClassVar = r"\min_t L_t > (1 - \text{fall})\, L_1"
    threshold: ClassVar = "less than `fall` of the first loss, over at least `epochs` epochs"
    remedy: ClassVar = "try other learning rates; scale the inputs"
    source: ClassVar = "Wardat, Le, Rajan 2021, DeepLocalize"
    evidence: ClassVar = "/history"

    fall: Annotated[float, Gt(0), Lt(1)] = 0.02
    epochs: Annotated[int, Ge(2)] = 3

    def find(self, run: Run) -> Iterator[Finding]:
        losses = run.losses
        if run.diverged or len(losses) < self.epochs or min(losses) <= (1 - self.fall) * losses[0]:
            return
        stayed = run.distance is not None and run.distance < MOVED
        learned = run.held_out is not None and not run.is_harmed and not stayed
        yield self.finding(
            f"The training loss was {losses[0]:.4g} in the first epoch and {losses[-1]:.4g} in the last of "
            f"{len(losses)}: the network stopped learning after the first epoch.",
            "Try a learning rate ten times larger, then ten times smaller."
            if not learned
            else "No action is needed if the metrics are good enough: the network learned all it could at once.",
            level="warning" if run.held_out is None or run.is_harmed else "info",
            epoch=len(losses),
            value=1 - min(losses) / losses[0],
            threshold=self.fall,
            patch=None if learned else change_rate(run, smaller=False),
        )
