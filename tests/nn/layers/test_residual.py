"""Residual blocks: where they may be, and what they add up."""

import numpy as np
import pytest

from steelyard.errors import InvalidParameter
from steelyard.nn.activations import Tanh
from steelyard.nn.layers import ActivationLayer, Dense, Dropout, LayerNormalization, Residual
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.network import Network, Pass, buffer_width
from steelyard.nn.rng import Streams
from tests.nn.gradients import relative_error


def test_residual_blocks_may_come_first_and_change_the_width() -> None:
    assert relative_error([Residual((Dense(5, Tanh()), Dropout(0.2))), Dense(2)], MeanSquaredError()) < 1e-6
    assert relative_error([Dense(4), Residual((Dense(6, Tanh()),)), Dense(2)], MeanSquaredError()) < 1e-6


def test_a_block_adds_its_inputs_or_their_projection() -> None:
    x = np.random.default_rng(0).normal(size=(5, 3))
    for units in (3, 4):
        network = Network([Residual((Dense(6, Tanh()), Dense(units))), Dense(2)], inputs=3, dtype="float64")
        network.initialize(np.random.default_rng(1))
        t = network.tensors()
        hidden = np.tanh(x @ t["residual_1/dense_1.kernel"] + t["residual_1/dense_1.bias"])
        made = hidden @ t["residual_1/dense_2.kernel"] + t["residual_1/dense_2.bias"]
        past = x if units == 3 else x @ t["residual_1/projection.kernel"]
        expected = (made + past) @ t["output/kernel"] + t["output/bias"]
        np.testing.assert_allclose(network.predict(x), expected)
        path = Pass(network, 5, logits=False, streams=Streams.spawn(0))
        np.testing.assert_allclose(path.forward(x), expected)


@pytest.mark.parametrize("layers", [(), (Residual((Dense(3),)),), (Dense(3), Residual((Dense(3),)))])
def test_blocks_are_neither_empty_nor_nested(layers: tuple[Dense, ...]) -> None:
    with pytest.raises(InvalidParameter, match="at least one layer and no nested residual block"):
        Residual(layers)


def test_a_projection_learns_if_a_layer_of_its_block_does() -> None:
    for trainable in (True, False):
        block = Residual((Dense(4, trainable=trainable), Dropout(0.5)))
        [projection] = [spec for spec in block.tensors(3) if spec.name == "projection.kernel"]
        assert projection.trainable == trainable
        assert projection.shape == (3, 4)
    assert [spec.name for spec in Residual((Dense(3),)).tensors(3)] == ["dense_1.kernel", "dense_1.bias"]


def test_a_block_varies_if_a_layer_of_it_does() -> None:
    assert Residual((Dense(3), Dropout(0.5))).first_that_varies() == "dropout"
    assert Residual((Dense(3),)).first_that_varies() is None


def test_a_block_keeps_the_buffers_of_its_layers_and_its_own() -> None:
    inner = 3 * 4 + 3
    assert Residual((Dense(4),)).buffer_widths(3) == inner + 2 * 4 + 2 * 3
    assert buffer_width([Residual((Dense(4),)), Dense(2)], 3) == inner + 14 + (3 * 2 + 4)


NAMES = ("a", "b", "c")


def test_a_block_that_adds_its_inputs_gives_its_last_units_their_names() -> None:
    named, axis = Residual((Dense(5), ActivationLayer(Tanh()), Dense(3), Dropout(0.5))).axes(NAMES)
    assert axis == NAMES
    assert named == {
        "dense_1.kernel": (NAMES, 5),
        "dense_1.bias": (5,),
        "dense_2.kernel": (5, NAMES),
        "dense_2.bias": (NAMES,),
    }
    assert Residual((LayerNormalization(),)).axes(NAMES)[1] == NAMES


def test_a_block_with_a_projection_has_units_without_names() -> None:
    named, axis = Residual((Dense(5), Dense(4))).axes(NAMES)
    assert axis == 4
    assert named["dense_2.kernel"] == (5, 4)
    assert named["projection.kernel"] == (NAMES, 4)
