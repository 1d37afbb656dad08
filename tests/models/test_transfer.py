"""Weights are taken over by the names of columns and classes, whatever their order."""

from typing import Any

import numpy as np
import pytest

from steelyard.models.transfer import Transfer, match
from steelyard.nn.activations import ACTIVATIONS, Tanh
from steelyard.nn.axes import name_tensors
from steelyard.nn.layers import (
    ActivationLayer,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    LayerNormalization,
    Residual,
)
from steelyard.nn.network import Network

ABC, CBA = ("a", "b", "c"), ("c", "b", "a")
YES = ("yes", "no")
LAYERS: dict[str, Any] = {
    "dense": [Dense(4, ACTIVATIONS["prelu"]())],
    "square": [Dense(3, Tanh())],  # as many units as inputs
    "normalized": [BatchNormalization(), Dropout(0.1), ActivationLayer(ACTIVATIONS["prelu"]()), Dense(4)],
    "layer normalized": [LayerNormalization(), Dense(4), LayerNormalization()],
    "residual": [Residual((Dense(5, Tanh()), LayerNormalization(), Dense(3, Tanh()))), Dense(4)],
    "projected": [Residual((Dense(5, Tanh()),)), Residual((Dense(5), BatchNormalization()))],
    "linear": [],
}


def network(layers: Any, inputs: tuple[str, ...], outputs: tuple[str, ...], seed: int) -> tuple[Network, Any]:
    made = Network([*layers, Dense(len(outputs))], inputs=len(inputs), dtype="float64")
    generator = np.random.default_rng(seed)
    for tensor in made.tensors().values():
        tensor[...] = generator.uniform(0.5, 1.5, tensor.shape) * generator.choice([-1, 1], tensor.shape)
    for name, tensor in made.tensors().items():
        if name.endswith("variance"):
            tensor[...] = np.abs(tensor)
    return made, name_tensors(made.places, inputs, outputs)


def transfer(layers: Any, here: Any, there: Any, *, others: Any = None) -> tuple[Transfer, Network, Network]:
    new, names = network(layers if others is None else others, here[0], here[1], seed=1)
    old, old_names = network(layers, there[0], there[1], seed=2)
    found = match(names, old_names)
    found.apply(new.tensors(), old.tensors())
    return found, new, old


@pytest.mark.parametrize("layers", LAYERS.values(), ids=[*LAYERS])
def test_the_same_columns_in_another_order_give_the_same_function(layers: Any) -> None:
    found, new, old = transfer(layers, (CBA, ("no", "yes")), (ABC, YES))
    assert [*found.differences()] == []
    assert {each.name for each in found.taken} == {*new.tensors()}
    assert any(each.is_reordered for each in found.taken)
    x = np.random.default_rng(3).normal(size=(20, 3))
    np.testing.assert_allclose(new.predict(x[:, ::-1])[:, ::-1], old.predict(x), rtol=1e-12)


@pytest.mark.parametrize("layers", LAYERS.values(), ids=[*LAYERS])
def test_the_same_network_is_taken_as_it_is(layers: Any) -> None:
    found, new, old = transfer(layers, (ABC, YES), (ABC, YES))
    assert [*found.differences()] == []
    assert not any(each.is_reordered for each in found.taken)
    assert new.parameters.tobytes() == old.parameters.tobytes()


def test_an_embedding_is_matched_by_its_column() -> None:
    layers, others = [Embedding((0, 2), (4, 6), 2), Dense(3)], [Embedding((1, 0), (6, 4), 2), Dense(3)]
    found, new, old = transfer(layers, (("a", "c", "b"), YES), (ABC, YES), others=others)
    assert [*found.differences()] == []
    x = np.column_stack([np.arange(8) % 4, np.linspace(0, 1, 8), np.arange(8) % 6]).astype(float)
    np.testing.assert_allclose(new.predict(x[:, [0, 2, 1]]), old.predict(x), rtol=1e-12)


def test_an_added_column_keeps_its_own_weights() -> None:
    found, new, old = transfer([Dense(4)], (("new", *CBA), YES), (ABC, YES))
    assert [*found.differences()] == ["dense_1/kernel has 'new' here and not in the model"]
    kernel, before = new.tensors()["dense_1/kernel"], old.tensors()["dense_1/kernel"]
    assert (kernel[1:] == before[::-1]).all()
    drawn, _ = network([Dense(4)], ("new", *CBA), YES, seed=1)
    assert (kernel[0] == drawn.tensors()["dense_1/kernel"][0]).all()


def test_columns_of_other_names_are_not_taken_although_the_shape_is_the_same() -> None:
    found, *_ = transfer([Dense(4), Dense(4)], (("p", "q", "r"), YES), (ABC, ("yes", "maybe")))
    assert [each.name for each in found.taken] == ["output/bias"]
    assert found.taken[0].added == ("no",)
    assert found.refused["dense_1/kernel"] == "has 'p', 'q', 'r' here and 'a', 'b', 'c' in the model"
    assert found.refused["dense_2/kernel"] == "belongs to units that are new"
    nothing, *_ = transfer([Dense(4)], (("p",), ("u",)), (("q",), ("v",)))
    assert nothing.taken == ()


def test_hidden_units_are_matched_by_position_alone() -> None:
    found, *_ = transfer([Dense(4), Dense(5)], (ABC, YES), (ABC, YES), others=[Dense(4), Dense(6), Dense(2)])
    assert {each.name for each in found.taken} == {"dense_1/kernel", "dense_1/bias", "output/bias"}
    assert found.refused["dense_2/kernel"] == "is 4 × 5 in the model and 4 × 6 here"
    assert found.refused["dense_3/kernel"] == "is not in the model"
    assert found.refused["output/kernel"] == "belongs to units that are new"
    deeper, *_ = transfer([Dense(4), Dense(4)], (ABC, YES), (ABC, YES), others=[Dense(4)])
    assert deeper.unused == ("dense_2/kernel", "dense_2/bias")


def test_a_slot_of_an_optimizer_that_lacks_tensors_is_taken_as_far_as_it_goes() -> None:
    found, new, old = transfer([Dense(4)], (CBA, YES), (ABC, YES))
    slot = {"dense_1/kernel": np.zeros((3, 4))}
    found.apply(slot, {"dense_1/kernel": old.tensors()["dense_1/kernel"]})
    assert (slot["dense_1/kernel"] == new.tensors()["dense_1/kernel"]).all()
