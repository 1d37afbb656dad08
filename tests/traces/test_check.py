"""Central differences find a wrong gradient, and tell it from a corner of the loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from steelyard.nn.activations import Pointwise, Relu, Tanh
from steelyard.nn.initializers import Constant
from steelyard.nn.layers import Dense, Dropout, Layer
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.network import Network
from steelyard.nn.optimizers import SGD
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Training
from steelyard.nn.training.single_step import make_one
from steelyard.traces.check import TensorCheck, check
from steelyard.traces.worked import Before, work

LOSS = MeanSquaredError()


@dataclass(frozen=True)
class Wrong(Pointwise):
    """A tanh whose slope is `factor` times the right one."""

    name: ClassVar = "wrong"
    factor: float = 1.0

    @staticmethod
    def value(z: Any, factor: float) -> Any:  # noqa: ARG004
        return np.tanh(z)

    @staticmethod
    def slope(z: Any, a: Any, factor: float) -> Any:  # noqa: ARG004
        return factor * (1 - a * a)


def check_step(
    layers: list[Layer], *, dtype: str = "float64", rows: int = 6, inputs: int = 2
) -> dict[str, TensorCheck]:
    """The checks of the first step of a network."""
    streams = Streams.spawn(0)
    network = Network([*layers, Dense(1)], inputs=inputs, dtype=dtype)
    network.initialize(streams.initialization)
    x = np.random.default_rng(0).normal(size=(rows, inputs))
    y = np.ones((rows, 1))
    training = Training(network, LOSS, SGD(), x, y, epochs=1, batch_size=rows, streams=streams, compiled=False)
    before = Before(network.parameters.copy(), {}, {}, streams.state())
    made = make_one(training)
    worked = work(network, LOSS, SGD(), None, made, before)
    return check(network, LOSS, made, worked.draws, before.parameters, worked.total)


def verdicts(found: TensorCheck) -> set[str]:
    return {each.verdict for each in found.weights.values()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_right_gradients_agree(dtype: str) -> None:
    for found in check_step([Dense(3, Tanh()), Dropout(0.5)], dtype=dtype).values():
        assert verdicts(found) == {"agrees"} == {found.direction.verdict}
        assert max(each.relative_error for each in found.weights.values()) < 1e-6


@pytest.mark.parametrize("factor", [1.001, -1.0, 0.0])
def test_a_wrong_gradient_differs(factor: float) -> None:
    found = check_step([Dense(3, Wrong(factor))])
    assert verdicts(found["dense_1/kernel"]) == {"differs"} == {found["dense_1/kernel"].direction.verdict}
    assert verdicts(found["output/kernel"]) == {"agrees"}


def test_a_corner_of_the_loss_is_a_kink() -> None:
    [first, *_] = check_step([Dense(3, Relu(), initializer=Constant(0.0))]).values()
    assert "kink" in verdicts(first)
    assert "differs" not in verdicts(first)


def test_of_a_large_network_some_weights_of_every_tensor_are_checked() -> None:
    found = check_step([Dense(60, Tanh()), Dense(60, Tanh())], inputs=50, rows=64)
    sizes = {"dense_1/kernel": 3000, "dense_1/bias": 60, "dense_2/kernel": 3600, "output/kernel": 60, "output/bias": 1}
    for name, size in sizes.items():
        assert 0 < len(found[name].weights) <= size
        assert found[name].direction.verdict == "agrees"
    assert len(found["dense_1/kernel"].weights) < 3000
    assert len(found["output/kernel"].weights) > 20
    wrong = check_step([Dense(60, Wrong(1.001)), Dense(60, Tanh())], inputs=50, rows=64)
    assert wrong["dense_1/kernel"].direction.verdict == "differs"
