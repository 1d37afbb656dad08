"""Edits of a network's weights."""

import numpy as np
import pytest

from steelyard.errors import ValidationFailed
from steelyard.nn.activations import Relu
from steelyard.nn.initializers import Ones, Orthogonal
from steelyard.nn.layers import Dense
from steelyard.nn.network import Network
from steelyard.revisions.editing import Editor
from steelyard.revisions.request import read_edits


def make() -> Network:
    network = Network([Dense(4, Relu(), Orthogonal(), Ones()), Dense(2)], inputs=4)
    network.parameters[:] = np.arange(1, network.parameters.size + 1)
    return network


def edit(network: Network, *edits: dict[str, object], dead: tuple[int, ...] = ()) -> list[dict[str, object]]:
    editor = Editor(network, lambda layer: [*dead] if layer == "dense_1" else [])
    return [each.edit for each in editor.edit(read_edits({"edits": [*edits]}).edits)]


def test_new_weights_are_those_of_the_layers_initializers() -> None:
    network = make()
    made = edit(network, {"op": "reinitialize", "layer": "dense_1", "seed": 3}, dead=(1, 3))
    assert made == [{"op": "reinitialize", "layer": "dense_1", "seed": 3, "units": [1, 3]}]
    tensors = network.tensors()
    drawn = Orthogonal().draw((4, 4), np.random.default_rng(3))
    np.testing.assert_array_equal(tensors["dense_1/kernel"][:, [1, 3]], drawn[:, [1, 3]].astype(np.float32))
    assert tensors["dense_1/bias"].tolist() == [17, 1, 19, 1]
    assert not tensors["output/kernel"][[1, 3]].any()
    assert tensors["output/kernel"][[0, 2]].all()
    assert tensors["dense_1/kernel"][0, 0] == 1


def test_no_dead_units_are_no_change() -> None:
    network = make()
    before = network.parameters.copy()
    assert edit(network, {"op": "reinitialize", "layer": "dense_1"})[0]["units"] == []
    np.testing.assert_array_equal(network.parameters, before)


def test_noise_of_some_weights_is_that_of_the_whole_tensor_there() -> None:
    whole, row = make(), make()
    noise = {"op": "noise", "tensor": "output/kernel", "stddev": 0.5, "seed": 1}
    edit(whole, noise)
    edit(row, noise | {"index": [2, None]})
    np.testing.assert_array_equal(whole.tensors()["output/kernel"][2], row.tensors()["output/kernel"][2])
    np.testing.assert_array_equal(row.tensors()["output/kernel"][0], make().tensors()["output/kernel"][0])


def test_pruning_all_spares_biases_and_takes_exactly_its_share() -> None:
    network = make()
    edit(network, {"op": "prune", "fraction": 0.25})
    assert network.tensors()["dense_1/kernel"].ravel().tolist() == [0] * 6 + [*range(7, 17)]
    assert network.tensors()["dense_1/bias"].all()


def test_the_first_edit_that_cannot_be_made_is_named() -> None:
    zero: dict[str, object] = {"op": "zero", "tensor": "output/bias"}
    with pytest.raises(ValidationFailed) as caught:
        edit(make(), zero, {"op": "set", "tensor": "output/bias", "values": [1, 2], "value": 3.0})
    assert caught.value.faults[0].pointer == "/edits/1/values"
