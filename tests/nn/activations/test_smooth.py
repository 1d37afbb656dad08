"""Smooth activations: values by NumPy's and SciPy's functions, slopes by central differences, far ends finite."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import special, stats

from steelyard.nn.activations import ACTIVATIONS, Activation
from steelyard.nn.activations.smooth import Celu, Elu, Gelu
from tests.nn.activations.values import activate, slopes
from tests.nn.networks import Array

Z = np.linspace(-6, 6, 97)
LAMBDA, ALPHA = 1.0507009873554805, 1.6732632423543772
# The formula of each, in the words of its source; of the two ways of gelu, and of other parameters, too.
REFERENCES: list[tuple[Activation, Callable[[Array], Array]]] = [
    (Elu(0.7), lambda z: np.where(z > 0, z, 0.7 * (np.exp(z) - 1))),
    (ACTIVATIONS["selu"](), lambda z: LAMBDA * np.where(z > 0, z, ALPHA * (np.exp(z) - 1))),
    (Celu(0.7), lambda z: np.where(z > 0, z, 0.7 * (np.exp(z / 0.7) - 1))),
    (Gelu(), lambda z: z * stats.norm.cdf(z)),
    (Gelu(approximate=True), lambda z: z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))),
    (ACTIVATIONS["silu"](), lambda z: z * special.expit(z)),
    (ACTIVATIONS["mish"](), lambda z: z * np.tanh(np.log1p(np.exp(z)))),
    (ACTIVATIONS["softplus"](), lambda z: np.log(1 + np.exp(z))),
    (ACTIVATIONS["softsign"](), lambda z: z / (1 + np.abs(z))),
    (ACTIVATIONS["sigmoid"](), special.expit),
    (ACTIVATIONS["log_sigmoid"](), lambda z: np.log(special.expit(z))),
    (ACTIVATIONS["tanh"](), np.tanh),
    (ACTIVATIONS["exponential"](), np.exp),
]


@pytest.mark.parametrize(("part", "reference"), REFERENCES, ids=lambda each: str(each) if hasattr(each, "name") else "")
def test_values_and_slopes_follow_the_formula(part: Activation, reference: Callable[[Array], Array]) -> None:
    np.testing.assert_allclose(activate(part, Z), reference(Z), rtol=1e-10, atol=1e-12)
    z = Z[Z != 0]  # an elu with another alpha than one has a corner there
    step = 1e-5
    expected = (reference(z + step) - reference(z - step)) / (2 * step)
    np.testing.assert_allclose(slopes(part, z), expected, rtol=1e-6, atol=1e-8)


def test_every_smooth_activation_has_a_reference() -> None:
    smooth = {part.name for part in ACTIVATIONS if part.__module__ == Elu.__module__}
    assert smooth == {part.name for part, _ in REFERENCES}


@pytest.mark.parametrize("name", sorted({part.name for part, _ in REFERENCES} - {"exponential"}))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_far_from_zero_have_finite_values_and_slopes(name: str, dtype: str) -> None:
    far = np.array([-1e4, -800, -90, 90, 800, 1e4], dtype)
    values, derivatives = activate(ACTIVATIONS[name](), far), slopes(ACTIVATIONS[name](), far)
    assert values.dtype == derivatives.dtype == dtype
    assert np.isfinite(values).all()
    assert np.isfinite(derivatives).all()


def test_corners_belong_to_the_left() -> None:
    zero = np.zeros(1)
    assert slopes(Elu(0.5), zero) == 0.5
    assert slopes(ACTIVATIONS["selu"](), zero) == pytest.approx(LAMBDA * ALPHA)


def test_defaults_are_those_of_the_papers() -> None:
    assert (Elu().alpha, Celu().alpha, Gelu().approximate) == (1.0, 1.0, False)
