"""An optimizer's state goes over into another training, where the tensors agree."""

import numpy as np

from steelyard.nn.activations import Tanh
from steelyard.nn.layers import Dense
from steelyard.nn.training.optimizer_state import copy_alike
from tests.nn.networks import finish, make_training


def test_tensors_that_agree_in_name_and_shape_are_copied() -> None:
    into = {"a": np.zeros(2), "b": np.zeros((2, 3)), "c": np.zeros(1)}
    copy_alike(into, {"a": np.ones(2), "b": np.ones((3, 2)), "d": np.ones(1)})
    assert {name: tensor.sum() for name, tensor in into.items()} == {"a": 2, "b": 0, "c": 0}


def test_a_training_that_goes_on_counts_the_steps_and_has_the_slots_of_the_earlier_one() -> None:
    earlier, later = make_training(), make_training((Dense(6, Tanh()), Dense(9, Tanh())))
    finish(earlier)
    state = earlier.optimizer_state
    later.go_on_with(state)
    found = later.optimizer_state
    assert found.steps == state.steps == earlier.step
    for slot, tensors in state.slots.items():
        assert found.slots[slot]["dense_1/kernel"].tobytes() == tensors["dense_1/kernel"].tobytes()
        assert not found.slots[slot]["dense_2/kernel"].any()
