"""Keras knows an activation by its name, or has it as layers."""

import numpy as np
import pytest

from steelyard.exports.keras_activations import name_of
from steelyard.exports.program import Affine, OverRow, steps_of
from steelyard.nn.activations import Activation, Elu, Gelu, LeakyRelu, PRelu, Tanh
from steelyard.nn.layers import Dense
from steelyard.nn.network import Network


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        (Tanh(), "tanh"),
        (Elu(), "elu"),
        (Elu(alpha=0.5), None),
        (Gelu(), "gelu"),
        (Gelu(approximate=True), None),
        (LeakyRelu(), None),
        (PRelu(), None),
    ],
)
def test_an_activation_has_a_name_if_that_is_all_that_keras_needs(activation: Activation, name: str | None) -> None:
    steps, _ = steps_of(Network([Dense(2, activation=activation), Dense(1)], inputs=2))
    assert name_of(steps[1]) == name


def test_softmax_has_a_name_and_a_product_none() -> None:
    assert [name_of(OverRow("output", log=log)) for log in (False, True)] == ["softmax", "log_softmax"]
    assert name_of(Affine("dense_1", np.zeros((2, 2)), None)) is None
