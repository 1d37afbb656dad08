"""Recordings for the tests of the rules: two dense layers and an output layer, with given series."""

from typing import Any

import numpy as np

from steelyard.diagnostics.recording.record import (
    BINS,
    LAYER_SERIES,
    RUN_SERIES,
    TENSOR_SERIES,
    LayerFacts,
    Layout,
    Recording,
    TensorPlace,
)

LAYERS = ("dense_1", "dense_2", "output")
EPOCHS = [0, 1, 2, 4]


def recording(**series: Any) -> Recording:
    """A recording of four epochs; `dead={"dense_1": [...]}` gives a series of a layer, or of its kernel."""
    layers = tuple(LayerFacts(name, "dense", "relu" if name != "output" else "softmax", 8) for name in LAYERS)
    tensors = tuple(TensorPlace(f"{name}/kernel", name, (8, 8), True) for name in LAYERS)
    of_layers = np.zeros((len(EPOCHS), len(LAYERS), len(LAYER_SERIES)))
    of_tensors = np.full((len(EPOCHS), len(LAYERS), len(TENSOR_SERIES)), np.nan)
    for name, values in series.items():
        table, names = (of_layers, LAYER_SERIES) if name in LAYER_SERIES else (of_tensors, TENSOR_SERIES)
        for layer, numbers in values.items():
            table[:, LAYERS.index(layer), names.index(name)] = numbers
    counts = np.zeros((len(EPOCHS), len(LAYERS), BINS), np.uint32)
    run = np.zeros((len(EPOCHS), len(RUN_SERIES)))
    return Recording(Layout(layers, tensors, "float32"), np.array(EPOCHS), run, of_layers, of_tensors, counts)
