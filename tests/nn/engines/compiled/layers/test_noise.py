"""Compiled dropout and noise draw the numbers that NumPy's draw, in their order."""

import pytest

from steelyard.nn.activations import Tanh
from steelyard.nn.layers import Dense, Dropout, GaussianNoise, Layer
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.optimizers import SGD
from tests.nn.engines.compiled.test_steps import check_same, output_for

STACKS: list[list[Layer]] = [
    [Dropout(0.4), Dense(6, Tanh()), Dropout(0.2)],
    [GaussianNoise(0.3), Dense(6, Tanh()), GaussianNoise(0.1)],
    [Dropout(0.4), GaussianNoise(0.3), Dense(6, Tanh()), Dropout(0.5)],
]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("hidden", STACKS)
def test_numbers_are_drawn_in_the_order_of_batches_and_layers(
    hidden: list[Layer], stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steelyard.nn.engines.compiled.steps.CompiledSteps._stride", lambda *_: stride)
    check_same([*hidden, output_for(MeanSquaredError())], MeanSquaredError(), SGD(0.05), dtype="float64")


@pytest.mark.parametrize("layer", [Dropout(0.0), GaussianNoise(0.0)], ids=lambda part: part.name)
def test_what_disturbs_nothing_calls_nothing(layer: Layer) -> None:
    alone, with_layer = (
        check_same([*hidden, output_for(MeanSquaredError())], MeanSquaredError(), SGD(0.05))
        for hidden in ([Dense(4)], [Dense(4), layer])
    )
    assert [len(calls) for calls in with_layer._calls[0]] == [len(calls) for calls in alone._calls[0]]
