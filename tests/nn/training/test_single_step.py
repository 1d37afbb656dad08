"""One step of a training alone."""

from typing import Any

import numpy as np
import pytest

from steelyard.nn.activations import Relu, Softmax
from steelyard.nn.layers import Dense
from steelyard.nn.losses import CategoricalCrossentropy
from steelyard.nn.network import Network
from steelyard.nn.optimizers import Adam
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training
from steelyard.nn.training.single_step import make_one


@pytest.mark.parametrize("compiled", [True, False])
def test_one_step_alone_is_the_first_of_an_epoch(compiled: bool) -> None:
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    y = np.arange(6) % 2

    def make(rows: Any) -> Training:
        streams = Streams.spawn(1)
        network = Network([Dense(4, Relu()), Dense(2, Softmax())], inputs=3)
        network.initialize(streams.initialization)
        options: dict[str, Any] = {"epochs": 1, "batch_size": 4, "streams": streams, "compiled": compiled}
        return Training(network, CategoricalCrossentropy(), Adam(), x[rows], y[rows], **options)

    one = make(slice(None))
    made = make_one(one)
    assert (len(made.x), made.number, made.rate, made.finite, made.weights) == (4, 1, 0.001, True, None)
    assert sorted(made.order) != [*made.order]
    np.testing.assert_array_equal(made.x, x[made.order])
    np.testing.assert_array_equal(made.y, y[made.order])
    same = make(made.order)  # a batch, and no other: the order within it is another, so that sums round differently
    for _ in same.run():
        pass
    np.testing.assert_allclose(one.network.parameters, same.network.parameters, rtol=1e-5, atol=1e-6)
