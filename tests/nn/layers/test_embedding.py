"""Embeddings: which vector stands where, what a stranger counts as, and that they learn."""

import numpy as np
import pytest

from steelyard.errors import InvalidParameter
from steelyard.nn.initializers import Identity
from steelyard.nn.layers import Dense, Embedding
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.network import Network
from steelyard.nn.optimizers import Adam
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Epoch, Training


def test_vectors_follow_the_other_columns_and_strangers_are_the_nearest_category() -> None:
    network = Network([Embedding((1,), (3,), 2), Dense(4, initializer=Identity())], inputs=3, dtype="float64")
    network.initialize(np.random.default_rng(0))
    network.tensors()["embedding_1/table_1"][:] = [[10, 11], [20, 21], [30, 31]]
    seen = network.predict(np.array([[0.5, 0, 7], [0.5, 2, 7], [0.5, 9, 7], [0.5, -3, 7]]))
    assert seen.tolist() == [[0.5, 7, 10, 11], [0.5, 7, 30, 31], [0.5, 7, 30, 31], [0.5, 7, 10, 11]]


def test_categories_are_learned() -> None:
    generator = np.random.default_rng(0)
    numbers = generator.integers(5, size=400)
    worth = np.array([3.0, -1.0, 4.0, 1.0, -5.0])
    x = np.stack([generator.normal(size=400), numbers], axis=1)
    y = (worth[numbers] + 2 * x[:, 0])[:, None]
    streams = Streams.spawn(0)
    network = Network([Embedding((1,), (5,), 3), Dense(1)], inputs=2, dtype="float64")
    network.initialize(streams.initialization)
    options = {"epochs": 80, "batch_size": 50, "streams": streams}
    training = Training(network, MeanSquaredError(), Adam(0.03), x, y, **options)  # type: ignore[arg-type]
    losses = [event.values["loss"] for event in training.run() if isinstance(event, Epoch)]
    assert losses[-1] < 1e-3 < losses[0]


def test_columns_and_categories_go_together() -> None:
    with pytest.raises(InvalidParameter, match="one for each column"):
        Embedding((0, 1), (3,))
    with pytest.raises(InvalidParameter, match="twice"):
        Embedding((1, 1), (3, 3))
