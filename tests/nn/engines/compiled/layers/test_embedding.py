"""Compiled embeddings against NumPy's: of any columns, in any number of threads, whatever the numbers are."""

import numpy as np
import pytest

from steelyard.nn.activations import Tanh
from steelyard.nn.engines.compiled import steps
from steelyard.nn.engines.compiled.layers import base
from steelyard.nn.engines.compiled.layers.embedding import _runs_between
from steelyard.nn.layers import Dense, Dropout, Embedding, Layer
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.network import Network
from steelyard.nn.optimizers import Adam
from steelyard.nn.regularizers import L2
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training
from tests.nn.engines.compiled.test_steps import check_same, output_for
from tests.nn.networks import Array

LOSS = MeanSquaredError()
STACKS: dict[str, list[Layer]] = {
    "apart": [Embedding((1, 3), (5, 2), 3), Dense(6, Tanh())],
    "out of order": [Embedding((2, 0), (2, 40), 3), Dense(6, Tanh())],
    "all columns": [Embedding((0, 1, 2, 3), (3, 2, 2, 1), 2), Dropout(0.2), Dense(6, Tanh())],
    "frozen": [Embedding((1,), (5,), 3, trainable=False), Dense(6, Tanh(), regularizer=L2())],
    "behind a layer": [Dense(4, Tanh()), Embedding((1, 2), (5, 2), 3), Dense(6, Tanh())],
}


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", STACKS)
def test_embeddings_are_the_same_in_any_number_of_threads(
    name: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "THREAD_FLOPS", 1)
    monkeypatch.setattr(base, "BLOCK", 9)  # so that tables move in pieces
    for batch_size in (2, 16):
        options = {"threads": threads, "batch_size": batch_size}
        check_same([*STACKS[name], output_for(LOSS)], LOSS, Adam(0.01), dtype="float64", **options)


def tables(numbers: Array, *, compiled: bool) -> Array:
    """A table that has learned from a column of numbers."""
    streams = Streams.spawn(0)
    network = Network([Embedding((0,), (3,), 2), Dense(1)], inputs=1, dtype="float64")
    network.initialize(streams.initialization)
    y = np.ones((len(numbers), 1))
    training = Training(
        network, LOSS, Adam(0.1), numbers[:, None], y, epochs=3, batch_size=4, streams=streams, compiled=compiled
    )
    for _ in training.run():
        pass
    return network.tensors()["embedding_1/table_0"]


def test_numbers_out_of_range_count_as_the_nearest() -> None:
    numbers = np.array([-7.0, -0.4, 0.4, 0.6, 1.5, 2.4, 3.0, 1e300])
    np.testing.assert_allclose(tables(numbers, compiled=True), tables(numbers, compiled=False), rtol=1e-12)


def test_what_is_not_a_number_reads_and_writes_within_the_table() -> None:
    found, zeros = tables(np.full(8, np.nan), compiled=True), tables(np.zeros(8), compiled=True)
    assert np.isnan(found).all() or np.array_equal(found, zeros)


def test_columns_between_embedded_ones_are_passed_in_runs() -> None:
    assert list(_runs_between((4, 1), 7)) == [(0, 1), (2, 2), (5, 2)]
    assert list(_runs_between((0, 1), 2)) == []
