"""What a step moves: all that learns, in pieces, after clipping and before constraints."""

from typing import Any

import numpy as np
import pytest

from steelyard.nn.activations import Tanh
from steelyard.nn.clipping import ByValue
from steelyard.nn.constraints import NonNeg
from steelyard.nn.engines import updates
from steelyard.nn.engines.updates import Updates
from steelyard.nn.layers import Dense
from steelyard.nn.network import Network
from steelyard.nn.optimizers import SGD, Adam
from tests.nn.networks import finish, make_training
from tests.nn.newcomers import Lars


def no_look() -> float:
    raise AssertionError("nothing is searched")


def network_of(*layers: Dense) -> Network:
    network = Network(layers, inputs=2, dtype="float64")
    network.initialize(np.random.default_rng(0))
    network.gradients[:] = np.arange(1, network.gradients.size + 1)
    return network


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_the_length_of_pieces_changes_no_bit(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden: Any = (Dense(6, Tanh(), trainable=False), Dense(5, Tanh()))
    whole = make_training(hidden, optimizer=Adam(), compiled=False)
    finish(whole)
    monkeypatch.setattr(updates, "CHUNK", chunk)
    pieces = make_training(hidden, optimizer=Adam(), compiled=False)
    finish(pieces)
    assert pieces.network.parameters.tobytes() == whole.network.parameters.tobytes()


def test_gradients_are_clipped_first_and_kernels_constrained_last() -> None:
    network = network_of(Dense(3, constraint=NonNeg()), Dense(1, trainable=False))
    before = {name: tensor.copy() for name, tensor in network.tensors().items()}
    Updates(network, SGD(), ByValue(2.0), no_look).make(1, 0.5)
    after = network.tensors()
    clipped = np.minimum(np.arange(1, 7), 2).reshape(2, 3)
    np.testing.assert_allclose(after["dense_1/kernel"], np.maximum(before["dense_1/kernel"] - 0.5 * clipped, 0))
    np.testing.assert_allclose(after["dense_1/bias"], before["dense_1/bias"] - 1)
    assert after["output/kernel"].tobytes() == before["output/kernel"].tobytes()


def test_an_optimizer_of_whole_tensors_gets_them_in_their_shapes() -> None:
    network = network_of(Dense(3), Dense(1, trainable=False))
    found = Updates(network, Lars(), None, no_look)
    assert [each.weights.shape for each in found._learned] == [(2, 3), (3,)]
    assert [each.slots["velocity"].shape for each in found._learned] == [(2, 3), (3,)]
    found.make(1, 0.1)
    assert found.slots["velocity"][: 2 * 3 + 3].all()
    assert found.scalars == {"steps": 1.0}
