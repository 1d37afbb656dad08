"""L-BFGS: how fast it gets to the bottom, and what it needs."""

import numpy as np
import pytest

from steelyard.errors import InvalidParameter
from steelyard.nn.layers import BatchNormalization, Dense, Dropout, GaussianNoise, Layer, LayerNormalization, Residual
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.network import Network
from steelyard.nn.optimizers import LBFGS, Learned, Step
from steelyard.nn.rng import Streams
from steelyard.nn.training.loop import Epoch, Training
from tests.nn.networks import Array, finish, make_training


def test_lbfgs_finds_the_bottom_of_a_quadratic_bowl_in_as_many_steps_as_it_has_dimensions() -> None:
    x = np.random.default_rng(0).normal(size=(40, 5))
    truth = np.arange(1.0, 6.0)[:, None]
    network = Network([Dense(1, use_bias=False)], inputs=5, dtype="float64")
    network.initialize(np.random.default_rng(1))
    training = Training(
        network, MeanSquaredError(), LBFGS(), x, x @ truth, epochs=15, batch_size=7, streams=Streams.spawn(0)
    )
    losses = [event.values["loss"] for event in training.run() if isinstance(event, Epoch)]
    assert losses == sorted(losses, reverse=True)
    np.testing.assert_allclose(network.parameters[:, None], truth, rtol=1e-5)


@pytest.mark.parametrize("layer", [Dropout(), GaussianNoise(), BatchNormalization(), Residual((Dropout(),))])
def test_lbfgs_refuses_layers_that_are_never_the_same_twice(layer: Layer) -> None:
    with pytest.raises(InvalidParameter, match="cannot search through"):
        make_training((Dense(4), layer), optimizer=LBFGS())


def test_lbfgs_keeps_frozen_weights() -> None:
    training = make_training((Dense(4, trainable=False), LayerNormalization(trainable=False)), optimizer=LBFGS())
    finish(training)
    for name, tensor in training.network.tensors().items():
        assert (tensor.tobytes() == training.initial[name].tobytes()) == (not name.startswith("output"))


@pytest.mark.parametrize("count", [0, 1, 4])
def test_the_direction_is_that_of_the_inverse_hessian_written_out(count: int) -> None:
    generator = np.random.default_rng(0)
    root = generator.normal(size=(5, 5))
    hessian = root @ root.T + np.eye(5)
    steps = generator.normal(size=(count, 5))
    pairs = [(step, hessian @ step) for step in steps]  # newest first
    inverse = np.eye(5)
    if pairs:
        step, change = pairs[0]
        inverse *= (step @ change) / (change @ change)
    for step, change in reversed(pairs):  # Nocedal and Wright 2006, equation 7.16
        rho = 1 / (change @ step)
        v = np.eye(5) - rho * np.outer(change, step)
        inverse = v.T @ inverse @ v + rho * np.outer(step, step)
    gradient = generator.normal(size=5)
    np.testing.assert_allclose(LBFGS().direction(gradient, pairs), -inverse @ gradient)


def slots(optimizer: LBFGS, size: int) -> dict[str, Array]:
    return {name: np.zeros(size) for name in optimizer.slots}


def test_the_newest_pairs_are_remembered_first_and_the_oldest_forgotten() -> None:
    optimizer = LBFGS(history_size=2)
    learned = [
        Learned(np.zeros(2), np.zeros(2), slots(optimizer, 2)),
        Learned(np.zeros(1), np.zeros(1), slots(optimizer, 1)),
    ]
    scalars = dict(optimizer.scalars)
    for number in (1.0, 2.0, 3.0):
        optimizer._remember(learned, scalars, np.full(3, number), np.full(3, 10 * number))
    assert scalars == {"pairs": 2}
    for each in learned:
        assert [each.slots[f"step_{age}"][0] for age in (0, 1)] == [3, 2]
        assert [each.slots[f"change_{age}"][0] for age in (0, 1)] == [30, 20]
    optimizer._remember(learned, scalars, np.ones(3), -np.ones(3))  # curved the wrong way
    assert learned[0].slots["step_0"][0] == 3


def test_a_step_goes_far_enough_along_a_line_and_scales_the_first() -> None:
    def look() -> float:
        learned.gradient[:] = 2 * (learned.weights - 3)
        return float(((learned.weights - 3) ** 2).sum())

    learned = Learned(np.zeros(2), np.zeros(2), slots(LBFGS(), 2))
    scalars = dict(LBFGS().scalars)
    losses = [look()]
    for number in range(1, 6):
        LBFGS().update([learned], scalars, Step(number, 1.0, look))
        losses.append(look())
    assert losses == sorted(losses, reverse=True)
    np.testing.assert_allclose(learned.weights, 3, atol=1e-8)
    at_bottom = learned.weights.copy()
    LBFGS().update([learned], scalars, Step(6, 1.0, look))
    np.testing.assert_allclose(learned.weights, at_bottom, atol=1e-8)


class Bowl:
    """A quadratic bowl around three, and where it was looked at."""

    def __init__(self, size: int = 2) -> None:
        self.learned = Learned(np.zeros(size), np.zeros(size), slots(LBFGS(), size))
        self.scalars = dict(LBFGS().scalars)
        self.seen: list[Array] = []

    def look(self) -> float:
        weights = self.learned.weights
        self.seen.append(weights.copy())
        self.learned.gradient[:] = np.array([2.0, 20.0]) * (weights - 3)
        return float((np.array([1.0, 10.0]) * (weights - 3) ** 2).sum())

    def step(self, rate: float) -> None:
        self.seen.clear()
        LBFGS().update([self.learned], self.scalars, Step(1, rate, self.look))


def test_the_first_look_is_no_further_than_the_rate_and_later_ones_are_at_the_estimate() -> None:
    bowl = Bowl()
    bowl.step(0.5)
    gradient = np.array([-6.0, -60.0])
    np.testing.assert_allclose(bowl.seen[1], -0.5 * gradient / np.abs(gradient).sum())
    start, pair = bowl.learned.weights.copy(), [bowl.learned.slots[f"{kind}_0"].copy() for kind in ("step", "change")]
    bowl.look()
    direction = LBFGS().direction(bowl.learned.gradient.copy(), [tuple(pair)])
    bowl.step(0.5)
    np.testing.assert_allclose(bowl.seen[1], start + direction)


def test_a_small_gradient_is_not_made_longer() -> None:
    bowl = Bowl()
    bowl.learned.weights[:] = 3 - 1e-3
    bowl.step(1.0)
    np.testing.assert_allclose(bowl.seen[1] - bowl.seen[0], [2e-3, 2e-2])


def test_what_is_remembered_is_dropped_where_it_leads_uphill() -> None:
    bowl = Bowl()
    bowl.scalars["pairs"] = 1
    bowl.learned.slots["step_0"][:], bowl.learned.slots["change_0"][:] = [1, 1], [-1, -1]
    before = bowl.look()
    bowl.step(1.0)
    assert bowl.look() < before
    assert bowl.scalars == {"pairs": 1}


@pytest.mark.parametrize(("change", "pairs"), [(1e-10, 0), (1.1e-10, 1), (1e-3, 1), (-1.0, 0)])
def test_a_pair_without_curvature_is_not_remembered(change: float, pairs: int) -> None:
    bowl = Bowl()
    LBFGS()._remember([bowl.learned], bowl.scalars, np.array([1.0, 0.0]), np.array([change, 0.0]))
    assert bowl.scalars == {"pairs": pairs}
