"""Units that are zero for every row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Gt, Le

from steelyard.diagnostics.patches import change_rate, effective, replace
from steelyard.diagnostics.rules.base import RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding, PatchOperation
from steelyard.diagnostics.stuck import find_stuck
from steelyard.nn.network import OUTPUT


@RULES.add
@dataclass(frozen=True)
class DeadUnits(Rule):
    """A hidden layer of which many units are dead."""

    name: ClassVar = "dead_units"
    stage: ClassVar = "units"
    symptom: ClassVar = "units of a layer are zero for every training row"
    consequence: ClassVar = "dead units get no gradient: they learn nothing and pass nothing on"
    formula: ClassVar = "fraction of units whose output is 0, without a slope, on every row"
    latex: ClassVar = r"\frac{1}{u} \left|\{j : h_{ij} = 0\ \forall i\}\right| \ge \text{fraction}"
    threshold: ClassVar = "`fraction` of the units of a layer; a warning if the network is worse than a baseline"
    remedy: ClassVar = "use a smaller learning rate, zeros for biases, or leaky_relu"
    source: ClassVar = "Lu, Shin, Su, Karniadakis 2020, Dying ReLU and initialization"
    evidence: ClassVar = "/diagnostics?layer={layer}&series=dead"
    explains: ClassVar = ("loss_did_not_fall", "learning_rate_too_low", "updates_too_small", "updates_too_large")

    fraction: Annotated[float, Gt(0), Le(1)] = 0.5

    def can_run(self, run: Run) -> bool:
        return run.data is not None or run.recording is not None

    def find(self, run: Run) -> Iterator[Finding]:
        for name, layer in find_stuck(run).items():
            count = layer.dead
            if count < self.fraction * layer.units:
                continue
            yield self.finding(
                f"{count} of the {layer.units} units of {name} are dead: their output is 0 for all "
                f"of {layer.rows} training rows, so they learn nothing, and pass no gradient on to the layers before.",
                "Try a smaller learning rate, bias initializer zeros, or leaky_relu.",
                level="warning" if run.is_harmed else "info",
                layer=name,
                epoch=run.epochs,
                value=count / layer.units,
                threshold=self.fraction,
                patch=_revive(run),
            )


def _revive(run: Run) -> list[PatchOperation]:
    """Biases that do not hold units down, a usual learning rate, and an activation that cannot die."""
    patch = []
    for place in run.layers.values():
        if "bias_initializer" in place.spec:
            patch.append(replace(f"{place.path}/bias_initializer", {"name": "zeros"}))
        if (place.spec.get("activation") or {}).get("name") in ("relu", "relu6") and place.name != OUTPUT:
            patch.append(replace(f"{place.path}/activation", {"name": "leaky_relu"}))
    if run.learning_rate > run.usual_rate:
        patch += change_rate(run, smaller=True)
    if run.spec["preprocessing"]["numeric"] == "none":
        patch.append(replace("/preprocessing/numeric", "standard"))
    return effective(run, patch)
