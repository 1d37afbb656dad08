"""Compiled residual blocks against NumPy's: whatever is in them, with and without a projection."""

import pytest

from steelyard.nn.activations import PRelu, Tanh
from steelyard.nn.constraints import MaxNorm
from steelyard.nn.engines.compiled import steps
from steelyard.nn.layers import (
    ActivationLayer,
    BatchNormalization,
    Dense,
    Dropout,
    GaussianNoise,
    Layer,
    LayerNormalization,
    Residual,
)
from steelyard.nn.losses import CategoricalCrossentropy
from steelyard.nn.optimizers import SGD
from steelyard.nn.regularizers import L2
from tests.nn.engines.compiled.test_steps import INPUTS, check_same, output_for

LOSS = CategoricalCrossentropy()
STACKS: dict[str, list[Layer]] = {
    "first": [Residual((Dense(6, Tanh()), Dense(INPUTS)))],
    "projected": [Residual((Dense(7, Tanh()),)), Residual((Dense(7, Tanh()), Dense(5)))],
    "frozen": [Dense(5, Tanh()), Residual((Dense(6, Tanh(), trainable=False),)), Residual((ActivationLayer(Tanh()),))],
    "all kinds": [
        Dense(7, use_bias=False),
        Residual((BatchNormalization(), ActivationLayer(PRelu()))),
        Residual((LayerNormalization(), Dropout(0.3), Dense(9, PRelu(), regularizer=L2()), GaussianNoise(0.1))),
        Residual((Dense(9, constraint=MaxNorm(0.5)),)),
    ],
}


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", STACKS)
def test_blocks_are_the_same_in_any_number_of_threads(name: str, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    for batch_size in (5, 16):
        options = {"threads": threads, "batch_size": batch_size}
        check_same([*STACKS[name], output_for(LOSS)], LOSS, SGD(0.05), dtype="float64", **options)
