"""Compiled normalization against NumPy's: over rows and over the batch, learning and frozen, by several threads."""

import numpy as np
import pytest

from steelyard.nn.activations import Tanh
from steelyard.nn.engines.compiled import steps
from steelyard.nn.layers import ActivationLayer, BatchNormalization, Dense, Layer, LayerNormalization
from steelyard.nn.losses import CategoricalCrossentropy
from steelyard.nn.optimizers import SGD, Adam
from tests.nn.engines.compiled.test_steps import check_same, output_for, train

LOSS = CategoricalCrossentropy()
BEHIND = Dense(21, use_bias=False)  # behind a bias, gradients are rounding alone, which Adam would blow up
STACKS: dict[str, list[Layer]] = {
    "rows": [BEHIND, LayerNormalization(), ActivationLayer(Tanh()), Dense(37), LayerNormalization(0.1)],
    "rows first": [LayerNormalization(), Dense(5)],
    "rows frozen": [Dense(5), LayerNormalization(trainable=False), Dense(6)],
    "batch": [BEHIND, BatchNormalization(), ActivationLayer(Tanh()), BEHIND, BatchNormalization(0.5, 0.1)],
    "batch first": [BatchNormalization(0.5), Dense(5)],
    "batch frozen": [Dense(5), BatchNormalization(trainable=False), Dense(6)],
    "batch frozen first": [BatchNormalization(trainable=False), Dense(6)],
}


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", STACKS)
def test_normalization_is_the_same_in_any_number_of_threads(
    name: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    layers = [*STACKS[name], output_for(LOSS)]
    for batch_size in (9, 16):
        check_same(layers, LOSS, Adam(), dtype="float64", threads=threads, batch_size=batch_size)
    check_same(layers, LOSS, SGD(0.01), dtype="float32", threads=threads)


def test_threads_that_meet_within_a_batch_give_the_same_bytes_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    layers = [*STACKS["batch"], output_for(LOSS)]
    runs = [train(layers, LOSS, Adam(), threads=3).network.parameters.tobytes() for _ in range(5)]
    assert len({*runs}) == 1


def test_averages_of_a_batch_move_once_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    layers = [BatchNormalization(0.75), output_for(LOSS)]
    found, reference = (
        train(layers, LOSS, SGD(), threads=2, epochs=1, compiled=compiled).network.tensors()
        for compiled in (True, False)
    )
    for name in ("moving_mean", "moving_variance"):
        np.testing.assert_allclose(
            found[f"batch_normalization_1/{name}"], reference[f"batch_normalization_1/{name}"], rtol=1e-5, atol=1e-6
        )
