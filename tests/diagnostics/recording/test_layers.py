"""The statistics of layers, on networks whose units do what the statistics are about."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.recording.probe import Probe
from steelyard.diagnostics.recording.record import LAYER_SERIES
from steelyard.nn.activations import ACTIVATIONS, Relu, Sigmoid, Tanh
from steelyard.nn.layers import (
    ActivationLayer,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    Layer,
    Residual,
)
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.network import Network

ROWS = 50


def look(network: Network, x: Any) -> dict[str, dict[str, float]]:
    """The series of each layer by name."""
    probe = Probe(network, MeanSquaredError(), x, np.ones((len(x), network.outputs)))
    record = probe.record(0, network.parameters, initial=network.parameters)
    return {
        layer.name: dict(zip(LAYER_SERIES, row.tolist(), strict=True))
        for layer, row in zip(probe.layout.layers, record.layers, strict=True)
    }


def make(layers: Sequence[Layer], inputs: int = 3) -> tuple[Network, Any]:
    network = Network([*layers, Dense(1)], inputs=inputs, dtype="float64")
    network.initialize(np.random.default_rng(0))
    return network, np.random.default_rng(1).normal(size=(ROWS, inputs))


def size_of(values: Any) -> float:
    return float(np.sqrt(np.square(values).mean()))


def test_the_spread_of_a_layer_is_that_of_its_sums_and_outputs() -> None:
    network, x = make([Dense(20, Tanh())])
    kernel = network.tensors()["dense_1/kernel"]
    found = look(network, x)["dense_1"]
    z = x @ kernel
    assert found["preactivation_mean"] == pytest.approx(z.mean())
    assert found["preactivation_std"] == pytest.approx(z.std())
    assert found["output_mean"] == pytest.approx(np.tanh(z).mean())
    assert found["output_std"] == pytest.approx(np.tanh(z).std())
    assert found["forward_gain"] == pytest.approx(np.tanh(z).std() / x.std())


def test_the_backward_gain_is_that_of_the_gradient_from_outputs_to_inputs() -> None:
    network, x = make([Dense(4), Dense(20)])
    found = look(network, x)
    kernel = network.tensors()["dense_2/kernel"]
    last = network.tensors()["output/kernel"]
    grad = 2 * (network.predict(x) - 1) / ROWS @ last.T
    assert found["dense_2"]["backward_gain"] == pytest.approx(size_of(grad @ kernel.T) / size_of(grad))
    assert np.isnan(found["dense_1"]["backward_gain"])  # nothing before it learns


def test_the_backward_gain_of_a_layer_with_an_activation_begins_at_its_outputs() -> None:
    network, x = make([Dense(4), Dense(20, Tanh())])
    found = look(network, x)
    tensors = network.tensors()
    outputs = np.tanh(x @ tensors["dense_1/kernel"] @ tensors["dense_2/kernel"])
    grad = 2 * (network.predict(x) - 1) / ROWS @ tensors["output/kernel"].T
    back = grad * (1 - outputs**2) @ tensors["dense_2/kernel"].T
    assert found["dense_2"]["backward_gain"] == pytest.approx(size_of(back) / size_of(grad))


def test_only_layers_of_units_have_units_that_do_nothing() -> None:
    network, x = make([Dense(4, Relu()), BatchNormalization()])
    found = look(network, x)
    assert np.isfinite([found["dense_1"][name] for name in ("dead", "dormant", "duplicate")]).all()
    for name in ("batch_normalization_1", "output"):
        assert np.isnan([found[name][series] for series in ("dead", "dormant", "duplicate")]).all()


def test_units_that_are_never_positive_are_dead() -> None:
    network, x = make([Dense(4, Relu())])
    network.tensors()["dense_1/bias"][:] = [-100, -100, 0, 0]
    assert look(network, x)["dense_1"]["dead"] == 0.5
    assert look(network, x)["dense_1"]["dormant"] == 0.5


@pytest.mark.parametrize("name", ACTIVATIONS.names)
def test_only_a_unit_without_slope_below_zero_can_be_dead(name: str) -> None:
    network, x = make([Dense(4, ACTIVATIONS[name]())])
    assert np.isnan(look(network, x)["dense_1"]["dead"]) == (name not in {"relu", "relu6"})


def test_units_on_the_flat_parts_are_saturated() -> None:
    for activation in (Tanh(), Sigmoid()):
        network, x = make([Dense(4, activation)])
        network.tensors()["dense_1/bias"][:] = [-8, 8, 0, 0]
        assert look(network, x)["dense_1"]["saturated"] == 0.5
    network, x = make([Dense(4, Relu())])
    assert np.isnan(look(network, x)["dense_1"]["saturated"])


def test_units_with_the_same_outputs_are_duplicates() -> None:
    network, x = make([Dense(4, Tanh())])
    kernel = network.tensors()["dense_1/kernel"]
    assert look(network, x)["dense_1"]["duplicate"] == 0
    kernel[:, 1] = -kernel[:, 0]
    assert look(network, x)["dense_1"]["duplicate"] == 0.5
    network.parameters[:] = 0  # units that are always zero have no direction
    assert look(network, x)["dense_1"]["duplicate"] == 0


def test_layers_inside_a_block_have_series_of_their_own() -> None:
    network, x = make([Residual((Dense(5, Relu()), Dense(4)))])
    found = look(network, x)
    assert list(found) == ["residual_1.dense_1", "residual_1.dense_2", "residual_1", "output"]
    assert found["residual_1.dense_1"]["dead"] >= 0
    inner = network.tensors()["residual_1/dense_1.kernel"]
    assert found["residual_1.dense_1"]["output_mean"] == pytest.approx(np.maximum(x @ inner, 0).mean())
    assert np.isnan(found["residual_1"]["dead"])


def test_layers_without_effect_on_the_probe_are_not_listed() -> None:
    network, x = make([Dropout(0.5), Dense(4), BatchNormalization(), ActivationLayer(Relu())])
    found = look(network, x)
    assert list(found) == ["dense_1", "batch_normalization_1", "activation_1", "output"]
    assert found["batch_normalization_1"]["output_std"] == pytest.approx(1, abs=0.01)  # over the rows of the probe
    assert found["activation_1"]["preactivation_std"] == pytest.approx(1, abs=0.01)


def test_categories_have_no_gain() -> None:
    network, x = make([Embedding((0,), (5,), 2)])
    found = look(network, np.abs(x))["embedding_1"]
    assert np.isnan(found["forward_gain"])
    assert found["output_std"] > 0
