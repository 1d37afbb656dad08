"""Units that hardly answer, next to the others of their layer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, Le

from steelyard.diagnostics.patches import choose_again
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding
from steelyard.nn.network import OUTPUT


@RULES.add
@dataclass(frozen=True)
class DormantUnits(Rule):
    """A hidden layer of which most units hardly answer."""

    name: ClassVar = "dormant_units"
    stage: ClassVar = "units"
    symptom: ClassVar = "units of a layer hardly answer, next to the mean of the layer"
    consequence: ClassVar = "the layer has fewer units to work with than its width"
    formula: ClassVar = "fraction of units with mean |h| ≤ 0.025 · mean |h| of the layer, on the probe"
    latex: ClassVar = (
        r"\frac{1}{u} \left|\{j : \overline{|h_j|} \le 0.025\, \overline{|h|}\}\right| \ge \text{fraction}"
    )
    threshold: ClassVar = "`fraction` of the units; a warning if the network is worse than a baseline"
    remedy: ClassVar = "use a smaller learning rate or fewer units, or scale the inputs"
    source: ClassVar = "Sokar, Agarwal, Castro, Evci 2023, The dormant neuron phenomenon"
    evidence: ClassVar = "/diagnostics?layer={layer}&series=dormant"

    fraction: Annotated[float, Gt(0), Le(1)] = 0.6

    def can_run(self, run: Run) -> bool:
        return run.is_over and run.recording is not None

    def find(self, run: Run) -> Iterator[Finding]:
        if run.recording is None or not len(run.recording.epochs):
            return
        for layer in run.recording.layout.layers:
            series = run.recording.of_layer(layer.name, "dormant")
            dead = run.recording.of_layer(layer.name, "dead")[-1]
            share = float(series[-1])
            if layer.name == OUTPUT or not share >= self.fraction or dead >= share:  # `dead_units` is about those
                continue
            yield self.finding(
                f"{share:.0%} of the {layer.units} units of {layer.name} hardly answer: their mean output is at most a "
                "fortieth of that of the layer.",
                "Use a smaller learning rate, scaled inputs, or fewer units.",
                level="warning" if run.is_harmed else "info",
                layer=layer.name,
                epoch=int(run.recording.epochs[np.flatnonzero(series >= self.fraction)[0]]),
                value=share,
                threshold=self.fraction,
                patch=choose_again(run),
            )
