"""What outputs mean, by what the loss says of them."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from steelyard.nn.activations import Activation, Sigmoid, Softmax
from steelyard.nn.evaluation import Answers, answer, as_scored
from steelyard.nn.layers import Dense
from steelyard.nn.losses import Loss, MeanSquaredError, Pointwise
from steelyard.nn.network import Network
from tests.nn.networks import data
from tests.nn.newcomers import CrammerSinger


@dataclass(frozen=True)
class Brier(Pointwise):
    """A squared error of probabilities, which the output layer has made."""

    tasks: ClassVar = ("binary", "multilabel")
    value = staticmethod(MeanSquaredError.value)
    slope = staticmethod(MeanSquaredError.slope)


@dataclass(frozen=True)
class BrierOfClasses(CrammerSinger):
    """Stands for a loss of several classes whose outputs are probabilities already."""

    probabilities: ClassVar = True


def ask(loss: Loss, units: int, activation: Activation) -> tuple[Answers, Any]:
    """What a network answers under a loss, and its outputs."""
    network = Network([Dense(units, activation)], inputs=4, dtype="float64")
    network.initialize(np.random.default_rng(0))
    x, _ = data()
    return answer(network, loss, x), network.predict(x)


def test_scores_of_classes_that_are_no_probabilities_are_not_given_as_such() -> None:
    found, outputs = ask(CrammerSinger(), 3, Dense(1).activation)
    assert found.probabilities is None
    assert (found.predictions == outputs.argmax(axis=1)).all()


def test_probabilities_that_the_network_has_made_are_not_made_again() -> None:
    found, outputs = ask(BrierOfClasses(), 3, Softmax())
    assert found.probabilities is not None
    assert found.probabilities.tobytes() == outputs.tobytes()


def test_a_probability_is_yes_from_one_half_on() -> None:
    found, outputs = ask(Brier(), 1, Sigmoid())
    assert found.probabilities is not None
    assert ((outputs[:, 0] > 0.5) == found.predictions).all()
    assert 0 < found.predictions.sum() < len(outputs)
    np.testing.assert_allclose(found.probabilities[:, 1], outputs[:, 0])
    network = Network([Dense(1, Sigmoid())], inputs=4, dtype="float64")
    _, scored = as_scored(network, Brier(), outputs, found.predictions.astype(float)[:, None])
    assert (scored == found.predictions).all()
