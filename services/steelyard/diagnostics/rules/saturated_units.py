"""Units in the flat part of their activation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt, Le

from steelyard.diagnostics.patches import change_rate, effective, initialize, replace
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding, PatchOperation
from steelyard.diagnostics.stuck import find_stuck
from steelyard.nn.network import OUTPUT


@RULES.add
@dataclass(frozen=True)
class SaturatedUnits(Rule):
    """A hidden layer of which many units are saturated."""

    name: ClassVar = "saturated_units"
    stage: ClassVar = "units"
    symptom: ClassVar = "units of a layer are in the flat part of their activation for every training row"
    consequence: ClassVar = "saturated units have almost no gradient, so they and the layers before them hardly learn"
    formula: ClassVar = "fraction of units with max over rows of |slope| < 10⁻³, and an output other than 0"
    latex: ClassVar = r"\frac{1}{u} \left|\{j : \max_i |f'(z_{ij})| < 10^{-3}\}\right| \ge \text{fraction}"
    threshold: ClassVar = "`fraction` of the units of a layer; a warning if the network is worse than a baseline"
    remedy: ClassVar = "scale the inputs, or use smaller initial weights"
    source: ClassVar = "Glorot, Bengio 2010, Understanding the difficulty of training deep feedforward neural networks"
    evidence: ClassVar = "/diagnostics?layer={layer}&series=saturated"
    explains: ClassVar = (*MISSED_CLASSES, "loss_did_not_fall")

    fraction: Annotated[float, Gt(0), Le(1)] = 0.5

    def can_run(self, run: Run) -> bool:
        return run.data is not None or run.recording is not None

    def find(self, run: Run) -> Iterator[Finding]:
        for name, layer in find_stuck(run).items():
            count = layer.saturated
            if count < self.fraction * layer.units:
                continue
            yield self.finding(
                f"{count} of the {layer.units} units of {name} are saturated: {layer.activation} is flat for all "
                f"of {layer.rows} training rows, so they learn nothing, and pass no gradient on to the layers before.",
                "Try preprocessing.numeric standard, or smaller initial weights.",
                level="warning" if run.is_harmed else "info",
                layer=name,
                epoch=run.epochs,
                value=count / layer.units,
                threshold=self.fraction,
                patch=_relax(run),
            )


def _relax(run: Run) -> list[PatchOperation]:
    """Smaller initial weights, scaled inputs, and a usual learning rate."""
    places = [place for place in run.layers.values() if "initializer" in place.spec]
    patch = initialize(place for place in places if place.name != OUTPUT)
    patch += [replace(f"{place.path}/bias_initializer", {"name": "zeros"}) for place in places]
    if run.spec["preprocessing"]["numeric"] == "none":
        patch.append(replace("/preprocessing/numeric", "standard"))
    if run.learning_rate > run.usual_rate:
        patch += change_rate(run, smaller=True)
    return effective(run, patch)
