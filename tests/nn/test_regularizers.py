"""Regularizers: penalties by their formulas, and their gradients."""

import numpy as np
import pytest

from steelyard.nn.activations import Tanh
from steelyard.nn.layers import Dense
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.regularizers import L1, L1L2, L2, REGULARIZERS
from tests.nn.gradients import relative_error


@pytest.mark.parametrize("regularizer", list(REGULARIZERS), ids=lambda part: part.name)
def test_every_regularizer_has_the_right_gradient(regularizer: type) -> None:
    layers = [Dense(4, Tanh(), regularizer=regularizer()), Dense(2)]
    assert relative_error(layers, MeanSquaredError()) < 1e-6


def test_penalties_follow_their_formulas() -> None:
    kernel = np.random.default_rng(0).normal(size=(4, 3))
    assert L1(0.3).penalty(kernel) == pytest.approx(0.3 * np.abs(kernel).sum())
    assert L2(0.3).penalty(kernel) == pytest.approx(0.3 * (kernel**2).sum())
    assert L1L2(0.3, 0.2).penalty(kernel) == pytest.approx(0.3 * np.abs(kernel).sum() + 0.2 * (kernel**2).sum())


def test_gradients_are_added_to_what_is_there() -> None:
    kernel = np.array([[1.0, -2.0], [0.0, 3.0]])
    gradient = np.ones((2, 2))
    L1L2(0.5, 0.25).add_gradient(kernel, gradient)
    assert gradient.tolist() == [[2, -0.5], [1, 3]]


def test_defaults_are_kerass() -> None:
    assert (L1(), L2(), L1L2()) == (L1(0.01), L2(0.01), L1L2(0.01, 0.01))
