"""A step worked through by NumPy: it leads where the training goes, and changes nothing of it."""

import numpy as np

from steelyard.nn.activations import Softmax, Tanh
from steelyard.nn.clipping import ByValue
from steelyard.nn.layers import BatchNormalization, Dense, Residual
from steelyard.nn.losses import CategoricalCrossentropy
from steelyard.nn.network import Network
from steelyard.nn.optimizers import Adam
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training
from steelyard.nn.training.single_step import make_one
from steelyard.traces.worked import Before, copy_network, copy_tensors, cost_of_rows, work


def test_a_worked_step_is_numpys_bit_for_bit() -> None:
    streams, loss, clip = Streams.spawn(0), CategoricalCrossentropy(), ByValue(0.01)
    layers = [Dense(4, Tanh()), Residual((Dense(4),)), BatchNormalization(), Dense(3, Softmax())]
    network = Network(layers, inputs=2)
    network.initialize(streams.initialization)
    x = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    y = np.arange(6) % 3
    training = Training(
        network, loss, Adam(), x, y, epochs=1, batch_size=6, streams=streams, gradient_clip=clip, compiled=False
    )
    slots = {name: np.zeros(network.parameters.size, np.float32) for name in Adam().slots}
    before = Before(network.parameters.copy(), slots, {}, streams.state())
    made = make_one(training)
    after = network.parameters.copy()
    worked = work(network, loss, Adam(), clip, made, before)
    np.testing.assert_array_equal(network.parameters, after)
    for name, tensor in network.tensors().items():
        np.testing.assert_array_equal(worked.after[name], tensor)
    assert {*worked.places} >= {("dense_1",), ("residual_1",), ("residual_1", "dense_1"), ("output",)}
    assert worked.cost == np.float32(worked.costs.mean()) or abs(worked.cost - worked.costs.mean()) < 1e-6
    assert max(np.abs(tensor).max() for tensor in worked.applied.values()) <= np.float32(0.01)
    assert max(np.abs(tensor).max() for tensor in worked.total.values()) > 0.01


def test_copies_do_not_share_memory() -> None:
    network = Network([Dense(2)], inputs=2)
    copied = copy_network(network, np.arange(6, dtype=np.float32), "float64")
    assert copied.dtype == np.float64
    copy_tensors(copied, copied.parameters)["output/kernel"][:] = 9
    assert copied.parameters.tolist() == [0, 1, 2, 3, 4, 5]
    assert not network.parameters.any()


def test_the_loss_of_each_row() -> None:
    outputs = np.array([[2.0, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(cost_of_rows(CategoricalCrossentropy(), outputs, np.array([0, 1]))[1], np.log(2))
