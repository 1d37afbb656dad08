"""A control is a column of which nothing was learned, and the network works with it as without it."""

import numpy as np
import pytest

from steelyard.attribution import methods
from steelyard.attribution.controls import Widened, draw_controls
from steelyard.nn.activations import Tanh
from steelyard.nn.initializers import Identity
from steelyard.nn.layers import Dense
from tests.attribution.networks import COLUMNS, LAYERS, generator, network, rows, untrained


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_by_the_inputs_agree_with_central_differences(name: str) -> None:
    model = network(*LAYERS[name], Dense(2, Tanh()))
    x, direction = rows(7), np.array([1.0, -0.5])
    entering = Widened(model, None, 7, logits=False).enter(x).copy()
    control = draw_controls(model, [np.array([0]), np.array([1, 2])], 2, generator(), entering)[1]
    z = np.hstack([x, control.values(entering, generator())])
    widened = Widened(model, control, 7, logits=False)
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
    controls = draw_controls(model, groups, 8, generator(), x)
    assert sorted(each.places.tolist() for each in controls) == sorted(places.tolist() for places in groups * 2)
    for each in controls:
        values = each.values(x, generator())
        assert sorted(map(tuple, values)) == sorted(map(tuple, x[:, each.places]))
        kernel = each.kernel
        assert len({tuple(row) for row in kernel}) == len(each.places)  # rows of the identity, or the row without a 1
        assert ((kernel == 0) | (kernel == 1)).all()
