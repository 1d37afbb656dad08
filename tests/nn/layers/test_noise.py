"""Dropout and noise: how often, how much, and not at inference."""

import numpy as np
import pytest

from steelyard.nn.layers import Dense, Dropout, GaussianNoise, Layer, Residual
from steelyard.nn.layers.base import Surroundings
from steelyard.nn.network import Network, Pass, buffer_width
from steelyard.nn.rng import Streams

ROWS, WIDTH = 400, 100


def through(layer: Layer, x: np.ndarray, *, seed: int = 0) -> tuple[np.ndarray, Pass]:
    """What a layer makes of inputs in training, and the pass, to go back."""
    network = Network([layer, Dense(WIDTH)], inputs=WIDTH, dtype="float64")
    network.tensors()["output/kernel"][:] = np.eye(WIDTH)
    path = Pass(network, ROWS, logits=False, streams=Streams.spawn(seed))
    return path.forward(x).copy(), path


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_drops_its_share_and_scales_the_others(rate: float) -> None:
    made, path = through(Dropout(rate), np.full((ROWS, WIDTH), 2.0))
    dropped = made == 0
    assert dropped.mean() == pytest.approx(rate, abs=4 * np.sqrt(rate * (1 - rate) / made.size))
    np.testing.assert_allclose(made[~dropped], 2 / (1 - rate))
    again = path.forward(np.full((ROWS, WIDTH), 2.0))
    assert ((again == 0) != dropped).any(), "every batch has a mask of its own"


@pytest.mark.parametrize("stddev", [0.3, 1.0])
def test_noise_is_normal_with_its_deviation(stddev: float) -> None:
    made, path = through(GaussianNoise(stddev), np.full((ROWS, WIDTH), 5.0))
    assert made.mean() == pytest.approx(5, abs=4 * stddev / np.sqrt(made.size))
    assert made.std() == pytest.approx(stddev, rel=0.02)
    assert (path.forward(np.full((ROWS, WIDTH), 5.0)) != made).any()


@pytest.mark.parametrize("layer", [Dropout(0.5), GaussianNoise(0.5)], ids=lambda part: part.name)
def test_nothing_is_disturbed_at_inference(layer: Layer) -> None:
    network = Network([layer, Dense(WIDTH)], inputs=WIDTH, dtype="float64")
    network.tensors()["output/kernel"][:] = np.eye(WIDTH)
    x = np.random.default_rng(0).normal(size=(5, WIDTH))
    np.testing.assert_allclose(network.predict(x), x)
    assert layer.first_that_varies() == layer.name


@pytest.mark.parametrize("layer", [Dropout(0.0), GaussianNoise(0.0)], ids=lambda part: part.name)
def test_a_layer_that_disturbs_nothing_draws_nothing(layer: Layer) -> None:
    x = np.random.default_rng(0).normal(size=(ROWS, WIDTH))
    np.testing.assert_allclose(through(layer, x)[0], x)


@pytest.mark.parametrize(("layer", "kept"), [(Dropout(), 2 * 3), (GaussianNoise(), 3)], ids=["dropout", "noise"])
def test_buffers_are_counted(layer: Layer, kept: int) -> None:
    assert buffer_width([layer, Dense(2)], 3) == kept + (3 * 2 + 3)


def test_defaults_are_kerass() -> None:
    assert (Dropout().rate, GaussianNoise().stddev) == (0.5, 0.1)


@pytest.mark.parametrize(
    "layer", [Dropout(0.3), GaussianNoise(0.2), Residual((Dropout(0.3),))], ids=lambda part: part.name
)
def test_without_noise_a_layer_passes_on_what_it_gets_in_training_too(layer: Layer) -> None:
    x = np.random.default_rng(0).normal(size=(ROWS, WIDTH))
    quiet = layer.without_noise()
    expected = 2 * x if isinstance(layer, Residual) else x
    np.testing.assert_allclose(through(quiet, x)[0], expected)
    assert quiet.tensors(WIDTH) == layer.tensors(WIDTH)


@pytest.mark.parametrize(("layer", "drawn"), [(Dropout(0.5), "mask"), (GaussianNoise(0.5), "noise")])
def test_what_was_drawn_can_be_seen(layer: Layer, drawn: str) -> None:
    [stage] = layer.stages(Surroundings(3, 4, np.dtype(float), {}, {}, False, Streams.spawn(0)))
    x = np.ones((4, 3))
    y = stage.forward(x)
    found = stage.intermediates(x)[drawn]
    assert len({*found.ravel()}) > 1
    np.testing.assert_allclose(y, x * found if drawn == "mask" else x + found)
