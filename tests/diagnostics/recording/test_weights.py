"""The statistics of tensors, against NumPy's own functions."""

from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.recording import weights
from steelyard.diagnostics.recording.record import HISTOGRAM_EDGES, QUANTILES, TENSOR_SERIES
from steelyard.diagnostics.recording.weights import Measured, WeightStatistics
from steelyard.nn.layers import Dense
from steelyard.nn.network import Network

ROWS = 10


def network(dtype: str = "float64") -> Network:
    found = Network([Dense(7), Dense(1, trainable=False)], inputs=5, dtype=dtype)
    found.parameters[:] = np.random.default_rng(0).normal(0.1, 0.5, size=found.parameters.size)
    found.tensors()["dense_1/kernel"][0] = 0
    return found


def statistics(made: Network) -> WeightStatistics:
    tensors, specs = made.tensors().values(), made.specs().values()
    return WeightStatistics([each.size for each in tensors], [spec.trainable for spec in specs], made.dtype)


def measure(made: Network, before: bool = True) -> tuple[Measured, Any, Any]:
    generator = np.random.default_rng(1)
    initial, last, gradient = (
        (made.parameters + generator.normal(size=made.parameters.size)).astype(made.dtype) for _ in range(3)
    )
    squares = np.array([np.square(tensor).sum() + 2 for tensor in made.tensors(gradient).values()])
    measured = Measured(made.parameters, initial, last if before else None, gradient, squares, ROWS)
    return measured, *statistics(made).compute(measured)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_statistics_are_those_of_numpy(dtype: str) -> None:
    made = network(dtype)
    measured, found, histograms = measure(made)
    vectors = (measured.initial, measured.before, measured.gradient)
    initial, before, gradient = (made.tensors(vector) for vector in vectors)
    for place, (name, tensor) in enumerate(made.tensors().items()):
        values, norm = tensor.astype(np.float64).ravel(), np.linalg.norm
        slope = norm(gradient[name].astype(np.float64)) if name.startswith("dense_1") else np.nan
        expected = {
            "mean": values.mean(),
            "std": values.std(),
            "min": values.min(),
            "max": values.max(),
            "norm": norm(values),
            "zeros": (values == 0).mean(),
            "distance": norm(tensor - initial[name]) / norm(initial[name]),
            "update_ratio": norm(tensor - before[name]) / norm(tensor),
            "gradient_norm": slope,
            "gradient_noise": ROWS / (ROWS - 1) * 2 / slope**2,
        }
        expected |= {
            f"quantile_{round(100 * share):02d}": value
            for share, value in zip(QUANTILES, np.quantile(values, QUANTILES), strict=True)
        }
        assert dict(zip(TENSOR_SERIES, found[place], strict=True)) == pytest.approx(expected, rel=2e-6, nan_ok=True)
        counts = np.histogram(values, [-np.inf, *HISTOGRAM_EDGES, np.inf])[0]
        np.testing.assert_array_equal(histograms[place], counts)


def test_without_the_weights_before_the_last_step_there_is_no_update_ratio() -> None:
    _, found, _ = measure(network(), before=False)
    assert np.isnan(found[:, TENSOR_SERIES.index("update_ratio")]).all()
    assert np.isfinite(found[:, TENSOR_SERIES.index("distance")]).all()


def test_equal_weights_have_no_spread() -> None:
    made = network("float32")
    made.parameters[:] = 0.1
    _, found, _ = measure(made)
    assert (found[:, TENSOR_SERIES.index("std")] == 0).all()


def test_weights_that_began_at_zero_have_no_distance() -> None:
    made = network()
    zeros = np.zeros_like(made.parameters)
    measured = Measured(made.parameters, zeros, None, zeros, np.full(4, np.nan), ROWS)
    found, _ = statistics(made).compute(measured)
    assert np.isnan(found[:, TENSOR_SERIES.index("distance")]).all()
    assert np.isnan(found[:, TENSOR_SERIES.index("gradient_noise")]).all()


@pytest.mark.parametrize(("most", "step"), [(12, 3), (20, 2), (17, 3)])
def test_of_a_large_tensor_evenly_spaced_values_are_sorted(
    monkeypatch: pytest.MonkeyPatch, most: int, step: int
) -> None:
    monkeypatch.setattr(weights, "MOST_SORTED", most)
    made = network()
    _, found, histograms = measure(made)
    kernel = made.tensors()["dense_1/kernel"].ravel()[::step]
    assert histograms[0].sum() == len(kernel) <= most
    assert found[0, TENSOR_SERIES.index("quantile_99")] == pytest.approx(np.quantile(kernel, 0.99))
    assert found[0, TENSOR_SERIES.index("quantile_50")] == pytest.approx(np.median(kernel))
    assert found[0, TENSOR_SERIES.index("zeros")] == pytest.approx((kernel == 0).mean())
    assert found[0, TENSOR_SERIES.index("max")] == made.tensors()["dense_1/kernel"].max()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_networks_that_are_looked_at_together_have_the_same_bits_as_alone(dtype: str) -> None:
    made, measured = network(dtype), []
    generator = np.random.default_rng(3)
    for count in range(9):
        vectors = generator.normal(size=(4, made.parameters.size)).astype(dtype)
        vectors[0][:count] = 0
        initial, before = vectors[1], vectors[2] if count % 3 else None
        squares = generator.uniform(size=len(made.tensors()))
        measured.append(Measured(vectors[0], initial, before, vectors[3], squares, ROWS))
    assert statistics(made).most_together > len(measured)
    together = statistics(made).compute_all(measured)
    for one, (found, histograms) in zip(measured, together, strict=True):
        [(alone, counts)] = statistics(made).compute_all([one])
        assert found.tobytes() == alone.tobytes()
        assert histograms.tobytes() == counts.tobytes()


def test_noise_that_is_less_than_the_gradient_itself_is_none() -> None:
    measured, _, _ = measure(network())
    tensors = network().tensors(measured.gradient).values()
    squares = np.array([np.square(tensor).sum() / 2 for tensor in tensors])  # of rounding alone
    few = Measured(measured.weights, measured.initial, None, measured.gradient, squares, ROWS)
    found, _ = statistics(network()).compute(few)
    assert found[0, TENSOR_SERIES.index("gradient_noise")] == 0


def test_zero_has_no_sign_in_the_extremes() -> None:
    made = network()
    made.parameters[:] = -0.0
    _, found, _ = measure(made)
    for name in ("min", "max"):
        assert not np.signbit(found[:, TENSOR_SERIES.index(name)]).any()
