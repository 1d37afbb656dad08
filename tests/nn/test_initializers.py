"""Initializers: distribution, bounds, and what makes each what it is."""

import math

import numpy as np
import pytest
from scipy import stats

from steelyard.errors import InvalidParameter
from steelyard.nn.activations import Relu, Softmax, Tanh
from steelyard.nn.initializers import (
    INITIALIZERS,
    TRUNCATED_STDDEV,
    Constant,
    Identity,
    Lsuv,
    Orthogonal,
    RandomUniform,
    VarianceScaling,
)
from steelyard.nn.layers import Dense, Residual
from steelyard.nn.network import Network

SHAPE = (300, 400)
VARIANCE = {
    "random_normal": 0.05**2,
    "random_uniform": 0.1**2 / 12,
    "glorot_uniform": 2 / 700,
    "glorot_normal": 2 / 700,
    "he_uniform": 2 / 300,
    "he_normal": 2 / 300,
    "lecun_uniform": 1 / 300,
    "lecun_normal": 1 / 300,
    "variance_scaling": 1 / 300,
    "truncated_normal": (0.05 * TRUNCATED_STDDEV) ** 2,
}


@pytest.mark.parametrize("name", VARIANCE)
def test_draws_have_the_variance_that_the_formula_gives(name: str) -> None:
    draws = INITIALIZERS[name]().draw(SHAPE, np.random.default_rng(1))
    assert draws.var() == pytest.approx(VARIANCE[name], rel=0.02)
    assert abs(draws.mean()) < 4 * math.sqrt(VARIANCE[name] / draws.size)


@pytest.mark.parametrize("name", [name for name in VARIANCE if name.endswith("uniform")])
def test_uniform_draws_are_uniform(name: str) -> None:
    limit = math.sqrt(3 * VARIANCE[name])
    draws = INITIALIZERS[name]().draw(SHAPE, np.random.default_rng(2)).ravel()
    assert np.abs(draws).max() <= limit
    assert stats.kstest(draws, stats.uniform(-limit, 2 * limit).cdf).pvalue > 0.001


@pytest.mark.parametrize("name", ["glorot_normal", "he_normal", "lecun_normal", "variance_scaling", "truncated_normal"])
def test_normal_draws_are_cut_at_two_deviations(name: str) -> None:
    scale = math.sqrt(VARIANCE[name]) / TRUNCATED_STDDEV
    draws = INITIALIZERS[name]().draw(SHAPE, np.random.default_rng(3)).ravel()
    assert np.abs(draws).max() <= 2 * scale
    assert stats.kstest(draws, stats.truncnorm(-2, 2, scale=scale).cdf).pvalue > 0.001


@pytest.mark.parametrize("shape", [(40, 40), (60, 20), (20, 60)])
def test_orthogonal_draws_are_orthogonal(shape: tuple[int, int]) -> None:
    draws = Orthogonal(gain=2.0).draw(shape, np.random.default_rng(4))
    gram = draws @ draws.T if shape[0] < shape[1] else draws.T @ draws
    np.testing.assert_allclose(gram, 4 * np.eye(min(shape)), atol=1e-6)


@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6)])
def test_orthogonal_draws_are_the_q_of_normal_draws(shape: tuple[int, int]) -> None:
    q, r = np.linalg.qr(np.random.default_rng(4).standard_normal((max(shape), min(shape))))
    expected = q * np.sign(np.diagonal(r))
    draws = Orthogonal().draw(shape, np.random.default_rng(4))
    np.testing.assert_allclose(draws, expected if shape[0] >= shape[1] else expected.T)


@pytest.mark.parametrize(("name", "value"), [("zeros", 0), ("ones", 1)])
def test_constants_are_constant(name: str, value: float) -> None:
    assert (INITIALIZERS[name]().draw((3, 2), np.random.default_rng()) == value).all()
    assert (Constant(2.5).draw((3, 2), np.random.default_rng()) == 2.5).all()


@pytest.mark.parametrize("name", [part.name for part in INITIALIZERS if not part.for_kernels])
def test_every_initializer_draws_vectors_too_and_the_same_twice(name: str) -> None:
    first, second = (INITIALIZERS[name]().draw((7,), np.random.default_rng(5)) for _ in range(2))
    assert first.shape == (7,)
    assert first.tobytes() == second.tobytes()


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="maxval"):
        RandomUniform(minval=1.0, maxval=1.0)


@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
@pytest.mark.parametrize(("mode", "fan"), [("fan_in", 300), ("fan_out", 400), ("fan_avg", 350)])
def test_variance_scaling_heeds_its_fan(mode: str, fan: int, distribution: str) -> None:
    draws = VarianceScaling(3.0, mode, distribution).draw(SHAPE, np.random.default_rng(6))  # type: ignore[arg-type]
    assert draws.var() == pytest.approx(3 / fan, rel=0.02)


@pytest.mark.parametrize("distribution", ["uniform", "truncated_normal", "untruncated_normal"])
def test_a_bias_can_have_the_fans_of_its_kernel(distribution: str) -> None:
    begun = VarianceScaling(3.0, "fan_in", distribution, fans="kernel")  # type: ignore[arg-type]
    network = Network([Dense(20_000, bias_initializer=begun)], inputs=12)
    network.initialize(np.random.default_rng(0))
    assert network.tensors()["output/bias"].var() == pytest.approx(3 / 12, rel=0.04)
    assert VarianceScaling(3.0).for_bias(12, 20_000) == VarianceScaling(3.0)


def test_a_word_that_is_none_of_its_parameters_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="did you mean 'fan_in'"):
        VarianceScaling(mode="fanin")  # type: ignore[arg-type]


def test_identity_passes_inputs_on() -> None:
    assert Identity(2.0).draw((2, 3), np.random.default_rng()).tolist() == [[2, 0, 0], [0, 2, 0]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lsuv_gives_every_layer_unit_variance_on_the_data(dtype: str) -> None:
    x = (np.random.default_rng(0).normal(size=(500, 20)) * np.arange(1, 21)).astype(dtype)
    block = Residual((Dense(30, Relu(), Lsuv()), Dense(30, Tanh(), Lsuv())))
    network = Network([Dense(40, Relu(), Lsuv()), block, Dense(5, Softmax(), Lsuv())], inputs=20, dtype=dtype)
    network.initialize(np.random.default_rng(1), x)
    first = Network([Dense(40)], inputs=20, dtype=dtype)
    first.parameters[:] = network.parameters[: first.parameters.size]
    assert first.predict(x).std() == pytest.approx(1, rel=1e-4)
    assert network.compute(x, logits=True).std() == pytest.approx(1, rel=1e-4)


def test_lsuv_needs_rows_to_look_at() -> None:
    with pytest.raises(InvalidParameter, match="needs rows"):
        Network([Dense(3, initializer=Lsuv())], inputs=2).initialize(np.random.default_rng(0))
