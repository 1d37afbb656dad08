"""Layers that are not trained."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from steelyard.diagnostics.patches import replace
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class FrozenLayers(Rule):
    """Layers with `trainable: false` that keep random weights."""

    name: ClassVar = "frozen_layers"
    stage: ClassVar = "start"
    symptom: ClassVar = "layers are not trainable, and their weights are random"
    consequence: ClassVar = "these layers learn nothing; a warning if no layer learns or a baseline is better"
    formula: ClassVar = "trainable = false, and no initial_weights"
    latex: ClassVar = r"\frac{\partial L}{\partial W_l} \text{ is not used}"
    threshold: ClassVar = "one layer"
    remedy: ClassVar = "set `trainable` to true"
    source: ClassVar = "Goodfellow, Bengio, Courville 2016, Deep Learning, 8.7.4"
    evidence: ClassVar = "/weights"
    explains: ClassVar = (*MISSED_CLASSES, "loss_did_not_fall", "learning_rate_too_low", "no_better_than_constant")

    def find(self, run: Run) -> Iterator[Finding]:
        frozen = [place for place in run.layers.values() if place.spec.get("trainable") is False]
        if not frozen or run.spec["initial_weights"] is not None:
            return
        learned = [name for name in run.kernels if run.layers[name] not in frozen]
        names = ", ".join(place.name for place in frozen)
        verb, keeps = ("is", "keeps its") if len(frozen) == 1 else ("are", "keep their")
        yield self.finding(
            f"{names} {verb} not trainable and {keeps} random weights{'' if learned else ', so nothing is learned'}.",
            "Set `trainable` to true, or start from the weights of a model (initial_weights).",
            level="warning" if not learned or run.is_harmed else "info",
            layer=frozen[0].name if len(frozen) == 1 else None,
            epoch=0,
            value=float(len(frozen)),
            threshold=1.0,
            patch=[replace(f"{place.path}/trainable", True) for place in frozen],
        )
