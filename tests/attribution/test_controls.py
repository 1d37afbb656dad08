"""A control is a column of which nothing was learned, and the network works with it as without it."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from steelyard.attribution import methods
from steelyard.attribution.controls import Widened, draw_controls, embed, embedded_groups
from steelyard.nn.activations import ACTIVATIONS, Softmax, Tanh
from steelyard.nn.ensemble import AnyNetwork, Ensemble
from steelyard.nn.initializers import Identity
from steelyard.nn.layers import Dense, Embedding
from tests.attribution.networks import COLUMNS, LAYERS, generator, network, rows, untrained

Array = NDArray[Any]
Places = NDArray[np.int64]


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_by_the_inputs_agree_with_central_differences(name: str) -> None:
    model = network(*LAYERS[name], Dense(2, Tanh()))
    groups = [np.array([0]), np.array([1, 2])]
    check_gradients(model, rows(7), groups, np.array([1.0, -0.5]), logits=False)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("link", ["softmax", "sigmoid", "exponential", None])
def test_gradients_of_an_ensemble_agree_with_central_differences(name: str, link: str | None) -> None:
    output = Dense(2, ACTIVATIONS[link or "tanh"]())
    model = Ensemble([network(*LAYERS[name], output, seed=seed) for seed in range(3)])
    groups = [np.array([0]), np.array([1, 2])]
    check_gradients(model, rows(7), groups, np.array([1.0, -0.5]), logits=link is not None)


def test_each_member_of_an_ensemble_embeds_categories_by_vectors_of_its_own() -> None:
    layers = [Embedding(columns=(1,), categories=(4,), units=2), Dense(5, Tanh()), Dense(3, Softmax())]
    model = Ensemble([network(*layers, seed=seed) for seed in range(3)])
    x = np.column_stack([rows(7, 1), np.arange(7) % 4, rows(7, 1, seed=3)])
    inputs = embed(model, x)
    assert inputs.shape == (7, 2 + 3 * 2)  # the two numbers, and a vector of each member
    groups = embedded_groups(model, {"a": np.array([0]), "b": np.array([1]), "c": np.array([2])})
    assert {name: places.tolist() for name, places in groups.items()} == {"a": [0], "b": [2, 3, 4, 5, 6, 7], "c": [1]}
    np.testing.assert_allclose(
        methods.outputs(model, inputs, logits=True), model.compute(x, logits=True), rtol=0, atol=1e-12
    )
    check_gradients(model, inputs, [*groups.values()], np.array([1.0, -0.5, 0.2]), logits=True)


def check_gradients(model: AnyNetwork, x: Array, groups: list[Places], direction: Array, *, logits: bool) -> None:
    """Compare the gradients, with a control beside the inputs, with central differences."""
    entering = Widened(model, None, 7, logits=logits).enter(x)
    control = draw_controls(model, groups, 2, generator(), entering)[1]
    z = np.hstack([x, control.values(entering, generator())])
    widened = Widened(model, control, 7, logits=logits)
    found = widened.gradient(z, direction).copy()
    for place in range(z.shape[1]):
        step = np.zeros(z.shape[1])
        step[place] = 1e-6
        above, below = widened.forward(z + step).copy() @ direction, widened.forward(z - step) @ direction
        np.testing.assert_allclose(found[:, place], (above - below) / 2e-6, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", LAYERS)
def test_without_a_control_the_network_is_as_it_was(name: str) -> None:
    model, x = network(*LAYERS[name], Dense(2)), rows(40)
    np.testing.assert_allclose(methods.outputs(model, x, logits=False), model.compute(x, logits=False), atol=1e-12)


def test_a_control_is_a_shuffled_column_with_weights_of_its_layer() -> None:
    model = untrained(Identity(), 0)
    x, groups = rows(50, 9), COLUMNS["groups"]
    controls = draw_controls(model, groups, 8, generator(), [x])
    assert sorted(each.places.tolist() for each in controls) == sorted(places.tolist() for places in groups * 2)
    for each in controls:
        values = each.values([x], generator())
        assert sorted(map(tuple, values)) == sorted(map(tuple, x[:, each.places]))
        [kernel] = each.kernels
        assert len({tuple(row) for row in kernel}) == len(each.places)  # rows of the identity, or the row without a 1
        assert ((kernel == 0) | (kernel == 1)).all()
