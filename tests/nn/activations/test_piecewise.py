"""Piecewise linear activations: values and slopes on every piece and at every corner."""

import numpy as np
import pytest

from steelyard.errors import InvalidParameter
from steelyard.nn.activations import ACTIVATIONS, Activation, LeakyRelu, PRelu
from tests.nn.activations.values import activate, slopes

# Where, the value there, the slope there.
PIECES: list[tuple[Activation, list[tuple[float, float, float]]]] = [
    (ACTIVATIONS["linear"](), [(-2, -2, 1), (0, 0, 1), (3, 3, 1)]),
    (ACTIVATIONS["relu"](), [(-2, 0, 0), (0, 0, 0), (0.5, 0.5, 1), (3, 3, 1)]),
    (ACTIVATIONS["relu6"](), [(-2, 0, 0), (0, 0, 0), (0.5, 0.5, 1), (5.5, 5.5, 1), (6, 6, 0), (7, 6, 0)]),
    (LeakyRelu(0.2), [(-2, -0.4, 0.2), (0, 0, 0.2), (0.5, 0.5, 1), (3, 3, 1)]),
    (PRelu(0.5), [(-2, -1, 0.5), (0, 0, 0.5), (0.5, 0.5, 1), (3, 3, 1)]),
    (
        ACTIVATIONS["hard_sigmoid"](),
        [
            (-4, 0, 0),
            (-3, 0, 0),
            (-2.9, 0.1 / 6, 1 / 6),
            (-1.5, 0.25, 1 / 6),
            (0, 0.5, 1 / 6),
            (1.5, 0.75, 1 / 6),
            (2.9, 5.9 / 6, 1 / 6),
            (3, 1, 0),
            (4, 1, 0),
        ],
    ),
    (ACTIVATIONS["hard_tanh"](), [(-2, -1, 0), (-1, -1, 0), (-0.5, -0.5, 1), (0.5, 0.5, 1), (1, 1, 0), (2, 1, 0)]),
]


@pytest.mark.parametrize(("part", "points"), PIECES, ids=lambda each: str(each) if hasattr(each, "name") else "")
def test_every_piece_has_its_value_and_slope(part: Activation, points: list[tuple[float, float, float]]) -> None:
    z, values, derivatives = np.array(points, float).T
    np.testing.assert_allclose(activate(part, z), values)
    np.testing.assert_allclose(slopes(part, z), derivatives)


def test_every_piecewise_activation_has_its_points() -> None:
    piecewise = {part.name for part in ACTIVATIONS if part.__module__ == LeakyRelu.__module__}
    assert piecewise == {part.name for part, _ in PIECES}


def test_learned_slopes_are_of_their_units() -> None:
    z = np.array([[-2.0, -1.0, 3.0], [4.0, -5.0, 0.0]])
    slope, gradient = np.array([0.1, 0.2, 0.3]), np.zeros(3)
    kernels = PRelu().learning({"alpha": slope}, {"alpha": gradient})
    out, scratch = np.empty_like(z), np.empty_like(z)
    kernels.forward(z, out, scratch)
    np.testing.assert_allclose(out, np.array([[-0.2, -0.2, 3], [4, -1, 0]]))
    grad = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    kernels.backward(z, out, grad, scratch)
    np.testing.assert_allclose(grad, np.array([[0.1, 0.4, 3], [4, 1, 1.8]]))
    np.testing.assert_allclose(gradient, [-2, -2 - 25, 0])


def test_a_learned_slope_begins_at_alpha() -> None:
    assert PRelu(0.3).weights() == {"alpha": 0.3}
    assert (PRelu().alpha, LeakyRelu().negative_slope) == (0.25, 0.01)


@pytest.mark.parametrize("slope", [-0.1, 1.1])
def test_slopes_are_between_zero_and_one(slope: float) -> None:
    for part in (LeakyRelu, PRelu):
        with pytest.raises(InvalidParameter):
            part(slope)
    assert LeakyRelu(0.0).negative_slope == 0
    assert PRelu(1.0).alpha == 1
