"""A step and what is shown of it."""

import numpy as np

from steelyard.nn.layers import Dense
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.network import Network
from steelyard.nn.optimizers import Adam
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training
from steelyard.traces.step import Parts, trace_step


def test_slots_are_shown_before_and_after() -> None:
    streams, loss, optimizer = Streams.spawn(0), MeanSquaredError(), Adam(learning_rate=0.1)
    network = Network([Dense(1)], inputs=2)
    network.initialize(streams.initialization)
    x, y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    training = Training(network, loss, optimizer, x, y, epochs=1, batch_size=4, streams=streams)
    traced = trace_step(training, Parts(network, loss, optimizer, None, None, streams), state="new")
    kernel = traced.fields["layers"][0].tensors[0]
    assert not np.any(kernel.slots_before["exp_avg"])
    np.testing.assert_allclose(kernel.slots_after["exp_avg"], 0.1 * kernel.gradients.values, rtol=1e-5)
    assert traced.fields["optimizer"].coefficients["share_1"] == 1 - 0.9
    assert sorted(traced.made.order) == [0, 1, 2, 3]
    np.testing.assert_array_equal(network.tensors()["output/kernel"], kernel.after)
    assert not np.array_equal(kernel.before, kernel.after)
