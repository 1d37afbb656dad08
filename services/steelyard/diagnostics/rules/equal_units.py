"""Units that started as copies of each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Lt

from steelyard.diagnostics.patches import effective, initialize
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run, Tensors
from steelyard.diagnostics.schema import Finding, PatchOperation
from steelyard.nn.network import OUTPUT


@RULES.add
@dataclass(frozen=True)
class EqualUnits(Rule):
    """Units of a hidden layer that started with the same weights.

    Those of the output layer may begin so: the targets tell them apart.
    """

    name: ClassVar = "equal_units"
    stage: ClassVar = "start"
    symptom: ClassVar = "the units of a hidden layer started with the same weights"
    consequence: ClassVar = "equal units get equal gradients, so the layer learns no more than one unit"
    formula: ClassVar = "max |w_j − w_1| ≤ tolerance · max |w| over the units j, at the start and at the end"
    latex: ClassVar = r"\max_j |w_j - w_1| \le \text{tolerance} \cdot \max |w|"
    threshold: ClassVar = "exactly equal at the start; within `tolerance` of the largest weight at the end"
    remedy: ClassVar = "use a random initializer"
    source: ClassVar = "Goodfellow, Bengio, Courville 2016, Deep Learning, 8.4"
    evidence: ClassVar = "/weights/initial"
    explains: ClassVar = (
        *MISSED_CLASSES,
        "loss_did_not_fall",
        "vanishing_gradients",
        "exploding_gradients",
        "learning_rate_too_low",
        "updates_too_small",
    )

    tolerance: Annotated[float, Ge(0), Lt(1)] = 1e-3  # matrix products round the columns of equal units differently

    def find(self, run: Run) -> Iterator[Finding]:
        for layer, kernel in run.kernels.items():
            if layer == OUTPUT or kernel.shape[1] < 2 or not _are_copies(run.initial, layer, to=0):
                continue
            copies = _are_copies(run.final, layer, to=self.tolerance)
            values = f" ({kernel.flat[0]:g} everywhere)" if (kernel == kernel.flat[0]).all() else ""
            end = (
                "and still have: they get the same gradients, so the layer learns no more than a single unit."
                if copies
                else "and were separated only later, by dropout or the next layer."
            )
            yield self.finding(
                f"All {kernel.shape[1]} units of {layer} started with the same weights{values}, {end}",
                "Draw the weights at random: he_normal for relu, glorot_uniform for tanh and sigmoid.",
                level="warning" if copies else "info",
                layer=layer,
                epoch=0,
                value=0.0,
                threshold=self.tolerance,
                patch=_separate(run),
            )


def _separate(run: Run) -> list[PatchOperation]:
    """Random weights for every layer whose units started equal; also for the output layer, so that gradients flow."""
    equal = [run.layers[name] for name in run.kernels if _are_copies(run.initial, name, to=0)]
    return effective(run, initialize(equal))


def _are_copies(tensors: Tensors, layer: str, *, to: float) -> bool:
    """Whether all units of the layer have the same weights and bias, but for `to` times the largest of them."""
    kernel, bias = tensors[f"{layer}/kernel"], tensors.get(f"{layer}/bias")
    weights = kernel if bias is None else np.vstack([kernel, bias])
    return bool((np.abs(weights - weights[:, :1]) <= to * np.abs(weights).max()).all())
