# ruff: noqa: ARG004, ARG005 -- formulas take what their family gives them
"""Compiled activations, as layers of their own and behind dense layers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from steelyard.nn.activations import Learned, Linear, PRelu, Tanh
from steelyard.nn.elementwise import tanh
from steelyard.nn.engines.compiled import steps
from steelyard.nn.layers import ActivationLayer, Dense
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.optimizers import SGD, Adam
from tests.nn.engines.compiled.test_steps import check_same, output_for
from tests.nn.gradients import relative_error


def test_a_linear_activation_calls_nothing() -> None:
    alone, with_layer = (
        check_same([*hidden, output_for(MeanSquaredError())], MeanSquaredError(), SGD(0.05))
        for hidden in ([Dense(4, Tanh())], [Dense(4, Tanh()), ActivationLayer(Linear())])
    )
    assert [len(calls) for calls in with_layer._calls[0]] == [len(calls) for calls in alone._calls[0]]


@dataclass(frozen=True)
class Bent(Learned):
    """An activation with two learned weights a unit."""

    name: ClassVar = "bent"
    formula: ClassVar = "f(z) = α · z + β · tanh z, both learned"
    latex: ClassVar = r"f(z) = \alpha z + \beta \tanh z"
    gradient: ClassVar = "f′(z) = α + β · (1 − tanh² z)"
    gradient_latex: ClassVar = r"f'(z) = \alpha + \beta (1 - \tanh^2 z)"
    source: ClassVar = "this test"

    def weights(self) -> dict[str, float]:
        return {"alpha": 0.25, "beta": 0.5}

    @staticmethod
    def value(z: Any, alpha: Any, beta: Any) -> Any:
        return alpha * z + beta * tanh(z)

    @staticmethod
    def slope(z: Any, a: Any, alpha: Any, beta: Any) -> Any:
        return alpha + beta * (1.0 - tanh(z) * tanh(z))

    @property
    def weight_slopes(self) -> dict[str, Callable[..., Any]]:
        return {"alpha": lambda z, a, alpha, beta: z + 0.0 * alpha, "beta": lambda z, a, alpha, beta: tanh(z)}


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("activation", [PRelu(0.4), Bent()], ids=lambda part: part.name)
def test_learned_activations_are_the_same_in_any_number_of_threads(
    activation: Learned, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    layers = [Dense(9, activation), ActivationLayer(activation), Dense(5, activation, trainable=False), Dense(4)]
    for batch_size in (2, 16):
        options = {"threads": threads, "batch_size": batch_size, "dtype": "float64"}
        check_same([*layers, output_for(MeanSquaredError())], MeanSquaredError(), Adam(0.01), **options)


def test_gradients_of_learned_weights_agree_with_differences() -> None:
    layers = [Dense(5, Bent()), ActivationLayer(Bent()), output_for(MeanSquaredError())]
    assert relative_error(layers, MeanSquaredError()) < 1e-6
