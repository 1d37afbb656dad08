"""Units without a slope at the end of a run, from its data, or else from its recording."""

import math

from steelyard.diagnostics.learning import StuckLayer, stuck_layers
from steelyard.diagnostics.run import Run
from steelyard.nn.network import OUTPUT

PROBE_ROWS = 256


def find_stuck(run: Run) -> dict[str, StuckLayer]:
    """The hidden layers by name, with how many of their units are dead or saturated."""
    if run.data is not None and run.is_over:
        return stuck_layers(run.data.network, run.data.x)
    found: dict[str, StuckLayer] = {}
    if run.recording is None or not len(run.recording.epochs):
        return found
    rows = min(PROBE_ROWS, run.rows or PROBE_ROWS)
    for layer in run.recording.layout.layers:
        dead, saturated = (float(run.recording.of_layer(layer.name, name)[-1]) for name in ("dead", "saturated"))
        if layer.name != OUTPUT and layer.activation is not None:
            counts = [round(share * layer.units) if math.isfinite(share) else 0 for share in (dead, saturated)]
            found[layer.name] = StuckLayer(layer.activation, layer.units, rows, *counts)
    return found
