"""What is done to gradients before a step, and to kernels after it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.nn.activations import Tanh
from steelyard.nn.clipping import GRADIENT_CLIPS, ByGlobalNorm, ByNorm, ByValue
from steelyard.nn.constraints import CONSTRAINTS, MaxNorm
from steelyard.nn.layers import Dense
from steelyard.nn.optimizers import SGD
from tests.nn.networks import finish, make_training


@pytest.mark.parametrize("name", GRADIENT_CLIPS.names)
@given(seed=st.integers(0, 2**32), limit=st.floats(1e-3, 100))
def test_gradients_keep_the_bound_and_their_signs(name: str, seed: int, limit: float) -> None:
    gradients = [np.random.default_rng(seed).normal(size=n) for n in (3, 5)]
    before = [gradient.copy() for gradient in gradients]
    GRADIENT_CLIPS[name](limit).clip(gradients)
    lengths = {
        "value": [np.abs(gradient).max() for gradient in gradients],
        "norm": [np.linalg.norm(gradient) for gradient in gradients],
        "global_norm": [np.linalg.norm(np.concatenate(gradients))],
    }[name]
    assert max(lengths) <= limit * (1 + 1e-12)
    for old, new in zip(before, gradients, strict=True):
        assert (np.sign(old) == np.sign(new)).all()


def test_small_gradients_are_left_alone() -> None:
    for clip in (ByValue(10.0), ByNorm(10.0), ByGlobalNorm(10.0)):
        gradient = np.array([1.0, -2.0])
        clip.clip([gradient])
        assert gradient.tolist() == [1, -2]


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
