"""Steps that are too small next to the weights that they change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt

from steelyard.diagnostics.patches import Patch, change_rate, effective, replace
from steelyard.diagnostics.rules.base import MISSED_CLASSES, RULES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding


@RULES.add
@dataclass(frozen=True)
class UpdatesTooSmall(Rule):
    """A kernel whose last steps were less than a share of its length, in a network that learned little."""

    name: ClassVar = "updates_too_small"
    stage: ClassVar = "training"
    symptom: ClassVar = "a step changes a kernel by too little of its length, and a baseline is better"
    consequence: ClassVar = "the weights stay near their start"
    formula: ClassVar = "median over recorded epochs of ‖Δw‖ / ‖w‖ < ratio; healthy is about 1e-3"
    latex: ClassVar = r"\operatorname{med}_t \frac{\lVert \Delta w_t \rVert}{\lVert w_t \rVert} < \text{ratio}"
    threshold: ClassVar = "`ratio`, for every kernel"
    remedy: ClassVar = "use a larger learning rate"
    source: ClassVar = "Karpathy, CS231n, Neural networks part 3 (ratio of updates to weights)"
    evidence: ClassVar = "/diagnostics?series=update_ratio"
    explains: ClassVar = MISSED_CLASSES

    ratio: Annotated[float, Gt(0)] = 1e-6

    def can_run(self, run: Run) -> bool:
        return run.is_over and run.recording is not None

    def find(self, run: Run) -> Iterator[Finding]:
        recording = run.recording
        if recording is None or not run.is_harmed or len(recording.epochs) < 2 or run.is_line_search:
            return
        ratios = {}
        for tensor in recording.layout.tensors:
            series = recording.of_tensor(tensor.name, "update_ratio")[1:]
            if tensor.name.endswith("/kernel") and tensor.trainable and np.isfinite(series).any():
                ratios[tensor.layer] = float(np.nanmedian(series))
        if not ratios:
            return
        layer = max(ratios, key=ratios.__getitem__)
        if ratios[layer] >= self.ratio or ratios[layer] == 0:
            return
        others = ", those of other layers by less" if len(ratios) > 1 else ""
        limits = [name for name in ("gradient_clip", "schedule") if run.spec["training"][name] is not None]
        removed = f", and remove {' and '.join(f'training.{name}' for name in limits)}" if limits else ""
        yield self.finding(
            f"A step changes the kernel of {layer} by {ratios[layer]:.2g} of its length{others}; about 0.001 is "
            "healthy.",
            f"Use a larger learning rate{removed}.",
            layer=layer,
            value=ratios[layer],
            threshold=self.ratio,
            patch=effective(run, _lengthen(run, limits)),
        )


def _lengthen(run: Run, limits: Sequence[str]) -> Patch:
    """Remove what may make steps small beside the rate; a larger rate, unless it is a usual one and limited."""
    is_limited = limits and run.learning_rate >= run.usual_rate
    rate = [] if is_limited else change_rate(run, smaller=False)
    return [*(replace(f"/training/{name}", None) for name in limits), *rate]
