"""Initial weights that are too small."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt

from steelyard.diagnostics.gains import total_gain
from steelyard.diagnostics.patches import effective, initialize, quicken
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding
from steelyard.nn.network import OUTPUT


@RULES.add
@dataclass(frozen=True)
class InitializationTooSmall(Rule):
    """Initial kernels so small that signals shrink to nothing on their way through the layers."""

    name: ClassVar = "initialization_too_small"
    stage: ClassVar = "start"
    symptom: ClassVar = "the kernels of the hidden layers start too small for their number of inputs"
    consequence: ClassVar = "outputs and gradients vanish, so the first epochs are lost or nothing is learned"
    formula: ClassVar = "Π over hidden layers of s(W) · √inputs / c < gain; c = √2 for relu and alike, else 1"
    latex: ClassVar = r"\prod_l \frac{s(W_l) \sqrt{n_l}}{c_l} < \text{gain}"
    threshold: ClassVar = "a product of less than `gain`; 1 keeps the variance"
    remedy: ClassVar = "use he_normal or glorot_uniform"
    source: ClassVar = "Glorot, Bengio 2010; He et al. 2015, Delving deep into rectifiers"
    evidence: ClassVar = "/weights/initial"
    explains: ClassVar = (
        *MISSED_CLASSES,
        "loss_did_not_fall",
        "learning_rate_too_low",
        "exploding_gradients",
        "updates_too_small",
    )

    gain: Annotated[float, Gt(0)] = 0.1

    def find(self, run: Run) -> Iterator[Finding]:
        gain, worst = total_gain(run)
        if worst is None or run.spec["initial_weights"] is not None or gain >= self.gain:
            return
        faster = quicken(run)
        rate = ", and the usual learning rate" if faster else ""
        hidden = [run.layers[name] for name in run.kernels if name != OUTPUT]
        yield self.finding(
            f"The initial weights are too small: with them, the signal is {gain:.3g} times as strong behind the hidden "
            f"layers as in front of them; {worst} is furthest from 1.",
            f"Use he_normal for relu and its relatives, glorot_uniform for tanh and sigmoid{rate}.",
            level="warning" if run.is_harmed else "info",
            layer=worst,
            epoch=0,
            value=gain,
            threshold=self.gain,
            patch=effective(run, [*initialize(hidden), *faster]),
        )
