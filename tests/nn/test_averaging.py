"""The mean of several networks' logits is that of their outputs, and its gradient is right."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.averaging import MEANS, MeanOfOutputs
from steelyard.nn.losses import LOSSES

Array = NDArray[Any]
LOGITS = arrays(np.float64, (3, 4, 5), elements=st.floats(-30, 30))


def activate(name: str, logits: Array) -> Array:
    found = np.empty_like(logits)
    ACTIVATIONS[name]().forward(logits, found, np.empty_like(logits))
    return found


def test_there_is_a_mean_for_the_link_of_every_loss() -> None:
    assert {loss.link for loss in LOSSES if loss.link is not None} == {*MEANS}


@pytest.mark.parametrize("link", MEANS)
@given(LOGITS)
def test_the_activation_of_the_mean_is_the_mean_of_the_activations(link: str, logits: Array) -> None:
    found = activate(link, MEANS[link].forward(logits))
    np.testing.assert_allclose(found, np.mean([activate(link, each) for each in logits], axis=0), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("link", MEANS)
def test_networks_that_agree_have_their_own_answer_as_the_mean(link: str) -> None:
    logits = np.random.default_rng(0).normal(size=(4, 5), scale=10)
    found = activate(link, MEANS[link].forward(np.stack([logits] * 3)))
    np.testing.assert_allclose(found, activate(link, logits), rtol=1e-12)


@pytest.mark.parametrize("link", MEANS)
def test_a_probability_too_small_for_its_type_still_has_a_logarithm(link: str) -> None:
    logits = np.array([[[-800.0, 300.0]], [[-900.0, 200.0]]])
    found = MEANS[link].forward(logits)
    assert np.isfinite(found).all()
    assert ((found < -700) == [True, False]).all()  # and it is as small as it has to be


@pytest.mark.parametrize("mean", [*MEANS.values(), MeanOfOutputs()], ids=lambda mean: type(mean).__name__)
def test_its_gradient_agrees_with_central_differences(mean: Any) -> None:
    generator = np.random.default_rng(1)
    logits, grad = generator.normal(size=(3, 4, 5)), generator.normal(size=(4, 5))
    found = mean.backward(logits, mean.forward(logits), grad)
    for place in np.ndindex(logits.shape):
        step = np.zeros_like(logits)
        step[place] = 1e-6
        difference = ((mean.forward(logits + step) - mean.forward(logits - step)) * grad).sum() / 2e-6
        np.testing.assert_allclose(found[place], difference, rtol=1e-6, atol=1e-9)
