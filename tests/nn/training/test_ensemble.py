"""Members trained side by side: each as it is alone, and one training to those who run it."""

import json
from itertools import islice
from typing import Any

import numpy as np
import pytest

from steelyard.errors import Diverged
from steelyard.nn.activations import Relu, Tanh
from steelyard.nn.layers import Dense, Dropout
from steelyard.nn.network import Network
from steelyard.nn.optimizers import SGD
from steelyard.nn.training.early_stopping import EarlyStopping
from steelyard.nn.training.ensemble import EnsembleTraining
from steelyard.nn.training.loop import Epoch, Training
from tests.nn.networks import data, make_training

HIDDEN = (Dense(6, Tanh()), Dropout(0.2))


def members(**options: Any) -> list[Training]:
    return [make_training(HIDDEN, seed=seed, validation=data(1), **options) for seed in range(3)]


def epochs(training: EnsembleTraining | Training) -> list[Epoch]:
    return [event for event in training.run() if isinstance(event, Epoch)]


def bits(training: EnsembleTraining) -> bytes:
    return b"".join(tensor.tobytes() for tensor in training.network.tensors().values())


def stopping_members() -> list[Training]:
    """Members that stop at different epochs."""
    return members(epochs=60, early_stopping=EarlyStopping("loss", patience=2, min_delta=0.01), optimizer=SGD(0.5))


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_each_member_ends_with_the_bits_that_it_has_alone(threads: int) -> None:
    together, alone = EnsembleTraining(stopping_members(), threads=threads), stopping_members()
    for training in alone:
        epochs(training)
    epochs(together)
    assert len({training.epoch for training in alone}) > 1
    assert [member.epoch for member in together.members] == [training.epoch for training in alone]
    for mine, theirs in zip(together.members, alone, strict=True):
        assert mine.network.parameters.tobytes() == theirs.network.parameters.tobytes()


def test_the_values_of_an_epoch_are_means_in_which_a_member_that_stopped_keeps_its_last_values() -> None:
    found, alone = epochs(EnsembleTraining(stopping_members())), [epochs(each) for each in stopping_members()]
    assert [event.epoch for event in found] == [*range(1, max(map(len, alone)) + 1)]
    for index, event in enumerate(found):
        each = [own[min(index, len(own) - 1)].values for own in alone]
        assert event.values.keys() == each[0].keys()
        for name, value in event.values.items():
            np.testing.assert_allclose(value, np.mean([values[name] for values in each]), rtol=1e-12)


def test_the_learning_rate_is_that_of_the_members_that_still_train() -> None:
    several = EnsembleTraining(stopping_members())
    first, *_, last = several.members
    last.epoch = last.epochs  # it is over before it begins
    several._values[-1] = {"learning_rate": 9.0} | dict.fromkeys(("loss", "val_loss"), 1.0)
    event = next(event for event in several.run() if isinstance(event, Epoch))
    assert event.values["learning_rate"] == 0.5
    assert first.epoch == 1


@pytest.mark.parametrize("events", [1, 4, 17, 40, 90])
def test_going_on_from_a_state_gives_the_bits_of_the_uninterrupted_run(events: int) -> None:
    whole = EnsembleTraining(stopping_members())
    expected = epochs(whole)
    begun = EnsembleTraining(stopping_members())
    before = [event for event in islice(begun.run(), events) if isinstance(event, Epoch)]
    state = begun.state()
    assert json.loads(json.dumps(state["values"])) == state["values"]
    resumed = EnsembleTraining(stopping_members())
    resumed.restore(state)
    assert before + epochs(resumed) == expected
    assert bits(resumed) == bits(whole)
    assert (resumed.epoch, resumed.step, resumed.best_epoch) == (whole.epoch, whole.step, whole.best_epoch)


def test_it_tells_when_its_members_ended_and_what_they_started_from() -> None:
    several = EnsembleTraining(stopping_members())
    started = {name: tensor.copy() for name, tensor in several.network.tensors().items()}
    epochs(several)
    assert several.stopped_early
    assert several.restored_best
    assert several.best_epoch == several.kept_epoch == max(member.best_epoch for member in several.members)
    assert several.step == sum(member.step for member in several.members)
    assert several.state_bytes == sum(member.state_bytes for member in several.members)
    for name, tensor in several.initial.items():
        assert tensor.tobytes() == started[name].tobytes()
    for name, tensor in several.best.items():
        assert tensor.tobytes() == several.network.tensors()[name].tobytes()


def test_a_member_that_diverges_is_named() -> None:
    steady = make_training()
    wild = make_training((Dense(6, Relu()),), optimizer=SGD(1e200))
    with pytest.raises(Diverged, match=r"^member_2: the loss was not finite in epoch 1"):
        epochs(EnsembleTraining([steady, wild]))


def test_a_training_can_end_before_the_epochs_that_its_schedule_goes_by() -> None:
    whole, part = make_training(epochs=9), make_training(epochs=9, stop_after=4)
    assert epochs(part) == epochs(whole)[:4]
    assert isinstance(part.network, Network)
    assert part.kept_epoch == part.epoch == 4
