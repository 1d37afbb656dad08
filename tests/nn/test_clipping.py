"""Gradient clipping: bounds, directions, and what is left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.nn.clipping import GRADIENT_CLIPS, ByGlobalNorm, ByNorm, ByValue, GradientClip


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


@pytest.mark.parametrize(
    ("clip", "lengths"), [(ByNorm(2.0), (1.5, 2.5)), (ByGlobalNorm(2.0), (np.hypot(1.5, 2.5),) * 2)]
)
def test_long_gradients_keep_their_direction(clip: GradientClip, lengths: tuple[float, float]) -> None:
    gradients = [np.array([0.9, 1.2]), np.array([1.5, -2.0])]
    expected = [
        gradient * (2 / (length + 1e-6) if length > 2 else 1)
        for gradient, length in zip(gradients, lengths, strict=True)
    ]
    clip.clip(gradients)
    np.testing.assert_allclose(gradients, expected, rtol=1e-12)


def test_a_gradient_as_long_as_the_limit_keeps_its_bits() -> None:
    for clip in (ByNorm(5.0), ByGlobalNorm(5.0)):
        gradient = np.array([3.0, -4.0])
        clip.clip([gradient])
        assert gradient.tolist() == [3, -4]


def test_values_are_cut_on_both_sides() -> None:
    gradient = np.array([-3.0, -0.5, 0.5, 3.0])
    ByValue(1.0).clip([gradient])
    assert gradient.tolist() == [-1, -0.5, 0.5, 1]
