"""What outputs mean, by what the loss says of them."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from steelyard.errors import InvalidParameter
from steelyard.nn.activations import Activation, Exponential, Sigmoid, Softmax
from steelyard.nn.evaluation import Answers, Evaluation, answer, as_scored, require_link
from steelyard.nn.layers import Dense
from steelyard.nn.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Hinge,
    Loss,
    MeanSquaredError,
    Pointwise,
    Poisson,
)
from steelyard.nn.metrics import METRICS
from steelyard.nn.network import Network
from steelyard.nn.regularizers import L2
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


def test_a_loss_is_of_all_rows_with_penalties_and_without_metrics_of_probabilities() -> None:
    network = Network([Dense(3, Softmax(), regularizer=L2(0.1))], inputs=4, dtype="float64")
    network.initialize(np.random.default_rng(0))
    x, y = data()
    metrics = [METRICS["accuracy"](), METRICS["log_loss"]()]
    evaluation = Evaluation(network, CategoricalCrossentropy(), x, y, metrics=metrics)
    for _ in range(2):
        probabilities, kernel = network.predict(x), network.tensors()["output/kernel"]
        loss = -np.log(probabilities[np.arange(len(y)), y]).mean() + 0.1 * (kernel**2).sum()
        assert evaluation.measure() == pytest.approx(
            {"loss": loss, "accuracy": (probabilities.argmax(axis=1) == y).mean()}
        )
        network.parameters *= -2  # as a step changes them: what is kept between measurements goes by the new ones


def test_a_loss_without_its_link_is_rejected() -> None:
    network = Network([Dense(3)], inputs=4)
    require_link(network, MeanSquaredError())
    with pytest.raises(InvalidParameter, match=r"is 'linear'.*must be 'softmax'"):
        require_link(network, CategoricalCrossentropy())
    require_link(Network([Dense(3, Softmax())], inputs=4), CategoricalCrossentropy())


@pytest.mark.parametrize(
    ("loss", "activation", "middle"), [(BinaryCrossentropy(), Sigmoid(), 0.5), (Hinge(), Dense(1).activation, 0.0)]
)
def test_labels_are_yes_above_the_middle(loss: Loss, activation: Activation, middle: float) -> None:
    several, outputs = ask(loss, 3, activation)
    assert (several.predictions == (outputs > middle)).all()
    single, output = ask(loss, 1, activation)
    assert (single.predictions == (output[:, 0] > middle)).all()
    if several.probabilities is None or single.probabilities is None:
        assert several.probabilities is single.probabilities
        assert isinstance(loss, Hinge)
    else:
        np.testing.assert_allclose(several.probabilities, outputs)
        np.testing.assert_allclose(single.probabilities, np.hstack([1 - output, output]))
    network = Network([Dense(3, activation)], inputs=4, dtype="float64")
    targets, scored = as_scored(network, loss, several.outputs, np.ones((len(outputs), 3)))
    assert targets.shape == scored.shape == outputs.shape
    assert (scored == several.predictions).all()


def test_values_are_activated_and_have_no_probabilities() -> None:
    found, outputs = ask(Poisson(), 2, Exponential())
    np.testing.assert_allclose(found.predictions, outputs)
    np.testing.assert_allclose(np.exp(found.outputs), outputs)
    assert found.probabilities is None
    network = Network([Dense(2, Exponential())], inputs=4, dtype="float64")
    y = np.ones((len(outputs), 2))
    targets, scored = as_scored(network, Poisson(), found.outputs, y)
    np.testing.assert_allclose(scored, outputs)
    assert targets is y


def test_classes_are_scored_by_the_greatest_output() -> None:
    network = Network([Dense(3, Softmax())], inputs=4)
    y = np.array([2, 0])
    targets, scored = as_scored(network, CategoricalCrossentropy(), np.array([[0.1, 0.3, 0.2], [3.0, 1.0, 2.0]]), y)
    assert targets is y
    assert scored.tolist() == [1, 0]


@pytest.mark.parametrize("probabilities", [None, np.arange(6.0).reshape(3, 2)])
def test_a_part_of_answers_has_the_rows_that_were_asked_for(probabilities: Any) -> None:
    part = Answers(np.arange(6).reshape(3, 2), np.arange(3), probabilities).part(slice(1, 3))
    assert part.outputs.tolist() == [[2, 3], [4, 5]]
    assert part.predictions.tolist() == [1, 2]
    assert (None if part.probabilities is None else part.probabilities.tolist()) == (
        None if probabilities is None else [[2.0, 3.0], [4.0, 5.0]]
    )
