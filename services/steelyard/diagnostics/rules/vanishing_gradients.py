"""Gradients that vanish on their way back through the layers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt, Lt

from steelyard.diagnostics.gradients import first_to_last
from steelyard.diagnostics.patches import choose_again, effective, replace
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding, PatchOperation
from steelyard.nn.network import OUTPUT

DEEP = 4  # more layers than data of this kind needs


@RULES.add
@dataclass(frozen=True)
class VanishingGradients(Rule):
    """Gradients of the first layer that are far smaller than those of the last."""

    name: ClassVar = "vanishing_gradients"
    stage: ClassVar = "units"
    symptom: ClassVar = "the gradients of the first layer are far smaller than those of the last"
    consequence: ClassVar = "the first layers hardly learn, so the others work on random features"
    formula: ClassVar = "rms(∂L/∂W_1) / rms(∂L/∂W_last) < ratio, on the probe"
    latex: ClassVar = (
        r"\frac{\operatorname{rms}(\partial L / \partial W_1)}{\operatorname{rms}(\partial L / \partial W_K)} < "
        r"\text{ratio}"
    )
    threshold: ClassVar = "`ratio`; a warning if the network is worse than a baseline"
    remedy: ClassVar = "use relu and he_normal, fewer layers, or normalization"
    source: ClassVar = "Bengio, Simard, Frasconi 1994; Glorot, Bengio 2010"
    evidence: ClassVar = "/diagnostics?series=gradient_norm"
    live: ClassVar = True
    explains: ClassVar = (*MISSED_CLASSES, "loss_did_not_fall", "learning_rate_too_low", "still_improving")

    ratio: Annotated[float, Gt(0), Lt(1)] = 1e-3

    def can_run(self, run: Run) -> bool:
        return run.recording is not None

    def find(self, run: Run) -> Iterator[Finding]:
        for epoch, ratio in first_to_last(run):
            if ratio < self.ratio:
                yield self.finding(
                    f"The gradients vanish: in epoch {epoch}, that of a weight of the first layer is "
                    f"{ratio:.2g} times that of the last layer.",
                    "Use relu with he_normal, layer_normalization between the layers, or fewer layers.",
                    level="warning" if run.is_harmed else "info",
                    epoch=epoch,
                    value=ratio,
                    threshold=self.ratio,
                    patch=_pass_gradients(run),
                )
                return


def _pass_gradients(run: Run) -> list[PatchOperation]:
    """An activation and an initializer that keep the size of gradients; at most three layers."""
    places = [place for place in run.layers.values() if "activation" in place.spec and place.name != OUTPUT]
    if len(places) > DEEP:
        return choose_again(run)
    activations = [replace(f"{place.path}/activation", {"name": "relu"}) for place in places]
    drawn = [place for place in places if place.spec.get("initializer")]
    initializers = [replace(f"{place.path}/initializer", {"name": "he_normal"}) for place in drawn]
    return effective(run, [*activations, *initializers])
