"""A training loss that is no better than that of one answer for all rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge

from steelyard.diagnostics.learning import constant_loss
from steelyard.diagnostics.patches import choose_again
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding
from steelyard.nn.penalties import Penalties

NOTHING = 1e-9  # a constant answer with less is right: the target is constant


@RULES.add
@dataclass(frozen=True)
class NoBetterThanConstant(Rule):
    """A training loss that never got below that of one answer for all rows."""

    name: ClassVar = "no_better_than_constant"
    stage: ClassVar = "result"
    symptom: ClassVar = "the training loss never got below that of a constant answer"
    consequence: ClassVar = "the network learned nothing from the inputs"
    formula: ClassVar = "min_t L_t ≥ 0.999 · min_c mean L(c, y), plus the penalties of the final weights"
    latex: ClassVar = r"\min_t L_t \ge 0.999 \min_c \overline{L(c, y)} + \Omega(w)"
    threshold: ClassVar = "in at least `epochs` epochs"
    remedy: ClassVar = "see the other findings; check the inputs"
    source: ClassVar = "Karpathy 2019, A recipe for training neural networks (input-independent baseline)"
    evidence: ClassVar = "/history"
    needs_data: ClassVar = True
    explains: ClassVar = ("loss_did_not_fall", "worse_than_baseline")

    epochs: Annotated[int, Ge(1)] = 10

    def find(self, run: Run) -> Iterator[Finding]:
        losses, data = run.losses, run.data
        if data is None or len(losses) < self.epochs or run.diverged:
            return
        loss = run.loss(**{key: value for key, value in run.spec["loss"].items() if key != "name"})
        constant = constant_loss(loss, data.y, data.network.outputs, data.weights) + Penalties(data.network).value()
        if constant < NOTHING or min(losses) < 0.999 * constant:
            return
        related = run.compare("train")
        hopeless = related is not None and related.is_hopeless
        learned = related is not None and not related.is_no_better_than_constant
        symptom = "the network is too sure of wrong answers" if learned else "the network learned nothing"
        yield self.finding(
            f"The training loss was {losses[-1]:.4g} in the last of {len(losses)} epochs, and never below the "
            f"{constant:.4g} of a constant answer: {symptom}.",
            "Check that the inputs say something about the target: a linear model learned nothing from them, either."
            if hopeless
            else "See the other findings for the cause; or let the service choose the network (the patch).",
            level="warning" if run.held_out is None or run.is_harmed else "info",
            value=min(losses),
            threshold=constant,
            patch=choose_again(run),
        )
