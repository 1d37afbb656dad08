"""How much a signal grows on its way through layers, as the initial weights let expect."""

import math

import numpy as np

from steelyard.diagnostics.patches import LINEAR_LIKE
from steelyard.diagnostics.run import Run
from steelyard.nn.network import OUTPUT


def total_gain(run: Run) -> tuple[float, str | None]:
    """The product of the gains of all hidden kernels, and the layer whose gain is furthest from one.

    A layer of normalization ends the effect of the layers before it, so only those behind the last one count. Constant
    kernels have no gain; `equal_units` is about them.
    """
    gains: dict[str, float] = {}
    for name, place in run.layers.items():
        if str(place.spec.get("type", "")).endswith("_normalization"):
            gains.clear()
        if name in run.kernels and name != OUTPUT:
            kernel = run.kernels[name]
            activation = (place.spec.get("activation") or {}).get("name", "linear")
            ideal = 1.0 if activation in LINEAR_LIKE else math.sqrt(2)
            deviation = float(np.sqrt(np.square(kernel, dtype=np.float64).mean()))
            if not (kernel == kernel[:, :1]).all():
                gains[name] = deviation * math.sqrt(kernel.shape[0]) / ideal
    if not gains:
        return 1.0, None
    worst = max(gains, key=lambda name: abs(math.log(max(gains[name], 1e-30))))
    return math.prod(gains.values()), worst
