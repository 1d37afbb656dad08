"""Gradients that explode on their way back through the layers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt

from steelyard.diagnostics.gradients import first_to_last
from steelyard.diagnostics.patches import change_rate, effective, initialize
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding, PatchOperation
from steelyard.nn.network import OUTPUT


@RULES.add
@dataclass(frozen=True)
class ExplodingGradients(Rule):
    """Gradients of the first layer that are far larger than those of the last."""

    name: ClassVar = "exploding_gradients"
    stage: ClassVar = "units"
    symptom: ClassVar = "the gradients of the first layer are far larger than those of the last"
    consequence: ClassVar = "one learning rate does not fit all layers, and steps overshoot"
    formula: ClassVar = "rms(∂L/∂W_1) / rms(∂L/∂W_last) > ratio, on the probe"
    latex: ClassVar = (
        r"\frac{\operatorname{rms}(\partial L / \partial W_1)}{\operatorname{rms}(\partial L / \partial W_K)} > "
        r"\text{ratio}"
    )
    threshold: ClassVar = "`ratio`; a warning if the network is worse than a baseline"
    remedy: ClassVar = "use smaller initial weights, gradient clipping, or normalization"
    source: ClassVar = "Pascanu, Mikolov, Bengio 2013, On the difficulty of training recurrent neural networks"
    evidence: ClassVar = "/diagnostics?series=gradient_norm"
    live: ClassVar = True
    explains: ClassVar = (*MISSED_CLASSES, "loss_did_not_fall")

    ratio: Annotated[float, Gt(0)] = 1e3

    def can_run(self, run: Run) -> bool:
        return run.recording is not None

    def find(self, run: Run) -> Iterator[Finding]:
        for epoch, ratio in first_to_last(run):
            if ratio > self.ratio:
                yield self.finding(
                    f"The gradients explode: in epoch {epoch}, that of a weight of the first layer is "
                    f"{ratio:.2g} times that of the last layer.",
                    "Use he_normal or glorot_uniform, gradient clipping, or layer_normalization between the layers.",
                    level="warning" if run.is_harmed else "info",
                    epoch=epoch,
                    value=ratio,
                    threshold=self.ratio,
                    patch=_tame(run),
                )
                return


def _tame(run: Run) -> list[PatchOperation]:
    """Initial weights that keep the size of gradients, a usual learning rate, and clipping."""
    places = [place for place in run.layers.values() if "initializer" in place.spec and place.name != OUTPUT]
    patch = initialize(places)
    if run.learning_rate > run.usual_rate:
        patch += change_rate(run, smaller=True)
    if run.spec["training"]["gradient_clip"] is None and not run.is_line_search:
        patch.append(PatchOperation(op="add", path="/training/gradient_clip", value={"norm": 1.0}))
    return effective(run, patch)
