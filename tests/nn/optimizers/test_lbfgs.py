"""L-BFGS: how fast it gets to the bottom, and what it needs."""

import numpy as np
import pytest

from steelyard.errors import InvalidParameter
from steelyard.nn.layers import BatchNormalization, Dense, Dropout, GaussianNoise, Layer, LayerNormalization, Residual
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.network import Network
from steelyard.nn.optimizers import LBFGS
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Epoch, Training
from tests.nn.networks import finish, make_training


def test_lbfgs_finds_the_bottom_of_a_quadratic_bowl_in_as_many_steps_as_it_has_dimensions() -> None:
    x = np.random.default_rng(0).normal(size=(40, 5))
    truth = np.arange(1.0, 6.0)[:, None]
    network = Network([Dense(1, use_bias=False)], inputs=5, dtype="float64")
    network.initialize(np.random.default_rng(1))
    training = Training(
        network, MeanSquaredError(), LBFGS(), x, x @ truth, epochs=15, batch_size=7, streams=Streams.spawn(0)
    )
    losses = [event.values["loss"] for event in training.run() if isinstance(event, Epoch)]
    assert losses == sorted(losses, reverse=True)
    np.testing.assert_allclose(network.parameters[:, None], truth, rtol=1e-5)


@pytest.mark.parametrize("layer", [Dropout(), GaussianNoise(), BatchNormalization(), Residual((Dropout(),))])
def test_lbfgs_refuses_layers_that_are_never_the_same_twice(layer: Layer) -> None:
    with pytest.raises(InvalidParameter, match="cannot search through"):
        make_training((Dense(4), layer), optimizer=LBFGS())


def test_lbfgs_keeps_frozen_weights() -> None:
    training = make_training((Dense(4, trainable=False), LayerNormalization(trainable=False)), optimizer=LBFGS())
    finish(training)
    for name, tensor in training.network.tensors().items():
        assert (tensor.tobytes() == training.initial[name].tobytes()) == (not name.startswith("output"))
