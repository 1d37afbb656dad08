"""Penalties that outweigh the loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, Lt

from steelyard.diagnostics.patches import replace
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding

USUAL_RATE = 0.2  # of dropout
USUAL_NOISE = 0.1  # of the spread of what it is added to


@RULES.add
@dataclass(frozen=True)
class OverRegularized(Rule):
    """Regularization that keeps the weights so small that the network cannot learn."""

    name: ClassVar = "over_regularized"
    stage: ClassVar = "start"
    symptom: ClassVar = (
        "penalties outweigh the loss or shrank the kernels, dropout drops most outputs, or noise drowns them, and the "
        "network is worse than a baseline"
    )
    consequence: ClassVar = "the outputs hardly depend on the inputs"
    formula: ClassVar = (
        "penalties > share · loss, or min over layers of ‖W‖ / ‖W₀‖ < shrunk with a regularizer, a constraint or "
        "weight decay, or a dropout rate > dropped, or the stddev of noise > drowned · std of what it is added to"
    )
    latex: ClassVar = (
        r"\Omega(w) > \text{share} \cdot L \lor \min_l \frac{\lVert W_l \rVert}{\lVert W_{l,0} \rVert} < "
        r"\text{shrunk} \lor p > \text{dropped} \lor \sigma_{\text{noise}} > \text{drowned} \cdot \sigma_x"
    )
    threshold: ClassVar = (
        "`share` times the loss, `shrunk` of the initial norm of a kernel, a rate of `dropped`, or noise of `drowned` "
        "times the spread"
    )
    remedy: ClassVar = "use weaker regularizers"
    source: ClassVar = "Goodfellow, Bengio, Courville 2016, Deep Learning, 7.1; Srivastava et al. 2014, Dropout"
    evidence: ClassVar = "/weights"
    explains: ClassVar = (
        *MISSED_CLASSES,
        "loss_did_not_fall",
        "learning_rate_too_high",
        "learning_rate_too_low",
        "still_improving",
        "overfitting",
        "vanishing_gradients",
        "updates_too_large",
        "updates_too_small",
    )

    share: Annotated[float, Gt(0)] = 2.0
    shrunk: Annotated[float, Gt(0), Lt(1)] = 0.5
    dropped: Annotated[float, Gt(0), Lt(1)] = 0.8
    drowned: Annotated[float, Gt(0)] = 1.0

    def find(self, run: Run) -> Iterator[Finding]:
        if run.is_over and run.is_harmed:
            yield from self._penalties(run)
            yield from self._dropout(run)
        if run.is_over:
            yield from self._noise(run)

    def _dropout(self, run: Run) -> Iterator[Finding]:
        rates = {name: float(place.spec.get("rate") or 0.0) for name, place in run.layers.items()}
        strong = {name: rate for name, rate in rates.items() if rate > self.dropped}
        if strong:
            layer = max(strong, key=strong.__getitem__)
            yield self.finding(
                f"{layer} drops {strong[layer]:.0%} of the outputs of the layer before it in each step, and the "
                "network is worse than a baseline.",
                f"Use a rate of {USUAL_RATE} to 0.5.",
                layer=layer,
                epoch=run.epochs,
                value=strong[layer],
                threshold=self.dropped,
                patch=[replace(f"{run.layers[name].path}/rate", USUAL_RATE) for name in strong],
            )

    def _noise(self, run: Run) -> Iterator[Finding]:
        spreads = _spreads_under_noise(run)
        ratios = {name: run.layers[name].spec["stddev"] / spread for name, spread in spreads.items()}
        strong = [name for name, ratio in ratios.items() if ratio > self.drowned]
        if strong:
            layer = max(strong, key=ratios.__getitem__)
            harm = ", and the network is worse than a baseline" if run.is_harmed else ""
            yield self.finding(
                f"{layer} adds noise {ratios[layer]:.3g} times as large as the spread of what it is added to{harm}.",
                f"Use a stddev of about {USUAL_NOISE} times the spread of the values.",
                level="warning" if run.is_harmed else "info",
                layer=layer,
                epoch=run.epochs,
                value=ratios[layer],
                threshold=self.drowned,
                patch=[
                    replace(f"{run.layers[name].path}/stddev", float(f"{USUAL_NOISE * spreads[name]:.1g}"))
                    for name in strong
                ],
            )

    def _penalties(self, run: Run) -> Iterator[Finding]:
        places = [place for place in run.layers.values() if (place.spec.get("regularizer") or {}).get("name")]
        bound = [place for place in run.layers.values() if place.spec.get("constraint")]
        decay = float(run.spec["optimizer"].get("weight_decay") or 0.0)
        if not (places or bound or decay > 0):
            return
        loss = run.metrics.get("train", {}).get("loss") or 0.0
        outweighs = run.penalty > self.share * loss > 0
        layer, norm = _most_shrunk(run)
        if not outweighs and norm >= self.shrunk:
            return
        patch = [replace(f"{place.path}/regularizer", None) for place in places]
        patch += [replace(f"{place.path}/constraint", None) for place in bound]
        patch += [replace("/optimizer/weight_decay", 0.0)] if decay > 0 else []
        yield self.finding(
            f"The penalties add {run.penalty:.4g} to a loss of {loss:.4g}, and the network is worse than a baseline."
            if outweighs
            else f"Regularization shrank the kernel of {layer} to {norm:.2g} times its initial norm, and the network "
            "is worse than a baseline.",
            "Use weaker regularizers or constraints, less weight decay, or none.",
            layer=None if outweighs else layer,
            epoch=run.epochs,
            value=run.penalty / loss if outweighs else norm,
            threshold=self.share if outweighs else self.shrunk,
            patch=patch,
        )


def _most_shrunk(run: Run) -> tuple[str | None, float]:
    """The layer whose kernel became smallest next to its start, and its norm as a share of that.

    A kernel that starts at zero does not shrink.
    """
    norms = {
        name: float(np.linalg.norm(run.final[f"{name}/kernel"]) / np.linalg.norm(kernel))
        for name, kernel in run.kernels.items()
        if f"{name}/kernel" in run.final and kernel.any()
    }
    layer = min(norms, key=norms.__getitem__, default=None)
    return layer, 1.0 if layer is None else norms[layer]


def _spreads_under_noise(run: Run) -> dict[str, float]:
    """The standard deviation of what each layer of noise is added to, at the last recorded epoch.

    It is that of the inputs of the next layer that is recorded: the probe has no noise.
    """
    recording, names = run.recording, [*run.layers]
    if recording is None or not len(recording.epochs):
        return {}
    recorded = {layer.name for layer in recording.layout.layers}
    found = {}
    for place, name in enumerate(names):
        following = next((each for each in names[place + 1 :] if each in recorded), None)
        if run.layers[name].spec.get("stddev") and following is not None:
            outputs, gain = (recording.of_layer(following, series)[-1] for series in ("output_std", "forward_gain"))
            if gain > 0 and outputs > 0:
                found[name] = float(outputs / gain)
    return found
