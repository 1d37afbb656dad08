"""Compiled activations, as layers of their own and behind dense layers."""

from steelyard.nn.activations import Linear, Tanh
from steelyard.nn.layers import ActivationLayer, Dense
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.optimizers import SGD
from tests.nn.engines.compiled.test_steps import check_same, output_for


def test_a_linear_activation_calls_nothing() -> None:
    alone, with_layer = (
        check_same([*hidden, output_for(MeanSquaredError())], MeanSquaredError(), SGD(0.05))
        for hidden in ([Dense(4, Tanh())], [Dense(4, Tanh()), ActivationLayer(Linear())])
    )
    assert [len(calls) for calls in with_layer._calls[0]] == [len(calls) for calls in alone._calls[0]]
