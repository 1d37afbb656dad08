"""Constraints on kernels, which hold after every step."""

import numpy as np
import pytest

from steelyard.nn.activations import Tanh
from steelyard.nn.constraints import CONSTRAINTS, MaxNorm
from steelyard.nn.layers import Dense
from steelyard.nn.optimizers import SGD
from tests.nn.networks import finish, make_training


@pytest.mark.parametrize("name", CONSTRAINTS.names)
def test_kernels_keep_their_constraint_through_a_training(name: str) -> None:
    constraint = MaxNorm(0.5) if name == "max_norm" else CONSTRAINTS[name]()
    hidden = (Dense(6, Tanh(), constraint=constraint), Dense(5, Tanh()))
    training = make_training(hidden, optimizer=SGD(0.5), epochs=10)
    finish(training)
    kernel = training.network.tensors()["dense_1/kernel"]
    lengths = np.linalg.norm(kernel, axis=0)
    kept = {
        "max_norm": (lengths <= 0.5 + 1e-9).all(),
        "unit_norm": np.allclose(lengths, 1, atol=1e-6),
        "non_neg": (kernel >= 0).all(),
    }
    assert kept[name]
    free = training.network.tensors()["dense_2/kernel"]
    assert (free < 0).any()


def test_kernels_are_scaled_unit_by_unit() -> None:
    kernel = np.array([[3.0, 0.3], [4.0, 0.4]])
    expected = {
        "max_norm": kernel * [2 / (5 + 1e-7), 0.5 / (0.5 + 1e-7)],
        "unit_norm": kernel / [5 + 1e-7, 0.5 + 1e-7],
        "non_neg": kernel,
    }
    for name, value in expected.items():
        changed = kernel.copy()
        CONSTRAINTS[name]().apply(changed, np.empty_like(kernel))
        np.testing.assert_allclose(changed, value, rtol=1e-12)
    zeros = np.zeros((2, 2))
    CONSTRAINTS["unit_norm"]().apply(zeros, np.empty_like(zeros))
    assert zeros.tolist() == [[0, 0], [0, 0]]


def test_negative_weights_become_zero() -> None:
    kernel = np.array([[-1.0, 0.5]])
    CONSTRAINTS["non_neg"]().apply(kernel, np.empty_like(kernel))
    assert kernel.tolist() == [[0, 0.5]]
