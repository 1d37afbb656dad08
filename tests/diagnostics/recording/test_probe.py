"""The probe: its rows, and gradients against central differences and against one row at a time."""

from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.recording.probe import Moment, Probe, draw_rows
from steelyard.diagnostics.recording.record import TENSOR_SERIES, Record
from steelyard.nn.activations import ACTIVATIONS, Sigmoid, Tanh
from steelyard.nn.layers import BatchNormalization, Dense, Dropout, Embedding, LayerNormalization, Residual
from steelyard.nn.losses import LOSSES, Loss, MeanSquaredError
from steelyard.nn.network import Network
from steelyard.nn.optimizers import Adam
from steelyard.nn.rng import Streams, probe_stream
from steelyard.nn.training.loop import Training

ROWS = 9


def network() -> Network:
    """Every kind of tensor; without batch normalization, with which a row's gradient depends on the others."""
    prelu = ACTIVATIONS["prelu"]()
    block = Residual((Dense(5, Tanh()), LayerNormalization(), Dense(4)))
    found = Network(
        [Embedding((1,), (3,), 2), Dense(6, prelu), block, Dropout(0.5), Dense(2)], inputs=3, dtype="float64"
    )
    found.initialize(np.random.default_rng(0))
    return found


def data(rows: int = ROWS) -> tuple[Any, Any]:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(rows, 3))
    x[:, 1] = generator.integers(3, size=rows)
    return x, generator.normal(size=(rows, 2))


def record(made: Network, x: Any, y: Any, weights: Any = None, loss: Loss | None = None) -> tuple[Probe, Record]:
    probe = Probe(made, loss or MeanSquaredError(), x, y, weights)
    return probe, probe.record(0, made.parameters, initial=made.parameters)


def series(probe: Probe, found: Record, name: str) -> dict[str, float]:
    column = found.tensors[:, TENSOR_SERIES.index(name)].tolist()
    return {tensor.name: value for tensor, value in zip(probe.layout.tensors, column, strict=True)}


def test_gradient_norms_agree_with_central_differences() -> None:
    made = network()
    x, y = data()
    probe, found = record(made, x, y)

    def loss() -> float:
        return float(np.square(made.predict(x) - y).mean())

    gradient, step = np.empty(made.parameters.size), 1e-6
    for place in range(made.parameters.size):
        kept = made.parameters[place]
        made.parameters[place] = kept + step
        above = loss()
        made.parameters[place] = kept - step
        gradient[place] = (above - loss()) / (2 * step)
        made.parameters[place] = kept
    norms = {name: np.linalg.norm(each) for name, each in made.tensors(gradient).items()}
    assert series(probe, found, "gradient_norm") == pytest.approx(norms, rel=1e-6, abs=1e-9)
    assert found.run.tolist() == pytest.approx([loss(), np.linalg.norm(gradient)], rel=1e-6)


def test_the_gradient_noise_is_that_of_the_gradients_of_single_rows() -> None:
    made = network()
    x, y = data()
    probe, found = record(made, x, y)
    singles = [series(*record(made, x[row : row + 1], y[row : row + 1]), "gradient_norm") for row in range(ROWS)]
    whole = series(probe, found, "gradient_norm")
    for name, noise in series(probe, found, "gradient_noise").items():
        spread = np.mean([single[name] ** 2 for single in singles]) - whole[name] ** 2
        assert noise == pytest.approx(ROWS / (ROWS - 1) * spread / whole[name] ** 2), name


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    made = network()
    x, y = data()
    twice = np.concatenate([x, x[:3]]), np.concatenate([y, y[:3]])
    weights = np.ones(ROWS)
    weights[:3] = 2
    np.testing.assert_allclose(record(made, x, y, weights)[1].run, record(made, *twice)[1].run)


def test_frozen_layers_have_no_gradients() -> None:
    made = Network([Dense(4, trainable=False), Dense(4, Tanh()), Dense(2)], inputs=3, dtype="float64")
    made.initialize(np.random.default_rng(0))
    probe, found = record(made, *data())
    norms = series(probe, found, "gradient_norm")
    assert [name for name, norm in norms.items() if np.isnan(norm)] == ["dense_1/kernel", "dense_1/bias"]
    assert found.run[1] == pytest.approx(np.sqrt(np.nansum(np.square([*norms.values()]))))
    assert [tensor.name for tensor in probe.layout.tensors if not tensor.trainable] == [
        "dense_1/kernel",
        "dense_1/bias",
    ]


@pytest.mark.parametrize("name", ["mean_squared_error", "binary_crossentropy"])
def test_the_loss_is_that_of_the_outputs_behind_their_activation(name: str) -> None:
    made = Network([Dense(4, Tanh()), Dense(2, Sigmoid())], inputs=3, dtype="float64")
    made.initialize(np.random.default_rng(0))
    x, _ = data()
    y = np.random.default_rng(2).integers(2, size=(ROWS, 2)).astype(float)
    _, found = record(made, x, y, loss=LOSSES[name]())
    p = made.predict(x)
    expected = np.square(p - y) if name == "mean_squared_error" else -np.log(np.where(y > 0, p, 1 - p))
    assert found.run[0] == pytest.approx(expected.mean())


def test_a_single_row_has_no_noise() -> None:
    x, y = data(1)
    probe, found = record(network(), x, y)
    assert np.isnan([*series(probe, found, "gradient_noise").values()]).all()


def test_tensors_know_their_layers() -> None:
    probe, _ = record(network(), *data())
    layers = {tensor.name: tensor.layer for tensor in probe.layout.tensors}
    assert layers["residual_1/dense_1.kernel"] == "residual_1.dense_1"
    assert layers["residual_1/projection.kernel"] == "residual_1"
    assert layers["embedding_1/table_1"] == "embedding_1"
    assert layers["output/bias"] == "output"


def test_the_network_that_is_trained_is_left_alone() -> None:
    made = Network([Dense(4), BatchNormalization(), Dense(2)], inputs=3)
    made.initialize(np.random.default_rng(0))
    before, gradients = made.parameters.copy(), made.gradients.copy()
    x, y = (each.astype(np.float32) for each in data())
    record(made, x, y)
    np.testing.assert_array_equal(made.parameters, before)
    np.testing.assert_array_equal(made.gradients, gradients)


def test_values_that_are_not_finite_are_nan() -> None:
    made = network()
    made.parameters[:] = 1e200
    _, found = record(made, *data())
    for part in (found.run, found.layers, found.tensors):
        assert not np.isinf(part).any()
    assert np.isnan(found.run).all()


def test_the_rows_are_drawn_from_a_stream_of_their_own() -> None:
    assert draw_rows(200, probe_stream(0)).tolist() == list(range(200))
    drawn = draw_rows(10_000, probe_stream(0))
    assert len(np.unique(drawn)) == 256
    assert (np.diff(drawn) > 0).all()
    np.testing.assert_array_equal(drawn, draw_rows(10_000, probe_stream(0)))
    assert drawn.tolist() != draw_rows(10_000, probe_stream(1)).tolist()


def train(*, compiled: bool) -> tuple[Training, list[Record]]:
    made = Network([Dense(8, Tanh()), Dense(2)], inputs=3, dtype="float64")
    made.initialize(np.random.default_rng(0))
    options: dict[str, Any] = {"epochs": 4, "batch_size": 16, "streams": Streams.spawn(0), "compiled": compiled}
    training = Training(made, MeanSquaredError(), Adam(), *data(300), **options)
    training.watch_last_steps((1, 3))
    probe = Probe.of(training, probe_stream(0))
    initial = made.parameters.copy()
    records = [
        probe.record(training.epoch, made.parameters, initial=initial, before=training.before_last_step)
        for _ in training.run()
        if training.batch == 0
    ]
    return training, records


def test_both_engines_have_the_same_statistics() -> None:
    (one, ours), (other, theirs) = train(compiled=True), train(compiled=False)
    assert [one.engine, other.engine] == ["compiled", "numpy"]
    for mine, its in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.tensors, its.tensors, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(mine.layers, its.layers, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(mine.run, its.run, rtol=1e-9)
    ratios = [record.tensors[0, TENSOR_SERIES.index("update_ratio")] for record in ours]
    assert np.isnan(ratios).tolist() == [False, True, False, False]  # the second epoch is not watched


def test_several_epochs_have_the_same_bytes_as_one_by_one() -> None:
    made, generator = network(), np.random.default_rng(5)
    x, y = data(300)
    probe, _ = record(made, x, y)
    drawn = [generator.normal(size=made.parameters.size) for _ in range(5)]
    moments = [Moment(epoch, now, drawn[epoch - 1] if epoch else None) for epoch, now in enumerate(drawn)]
    together = probe.record_all(moments, initial=drawn[0])
    for moment, found in zip(moments, together, strict=True):
        alone = probe.record(moment.epoch, moment.weights, initial=drawn[0], before=moment.before)
        assert (found.epoch, found.to_bytes()) == (alone.epoch, alone.to_bytes())
