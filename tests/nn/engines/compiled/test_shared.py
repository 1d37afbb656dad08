"""A buffer of one name is the same memory for all threads of a training; the gradients of each are its own."""

import ctypes

import numpy as np
import pytest

from steelyard.nn.batches import Batches
from steelyard.nn.engines.compiled.shared import Shared
from steelyard.nn.layers import Dense
from steelyard.nn.losses import MeanSquaredError
from steelyard.nn.network import Network
from steelyard.nn.optimizers import SGD


def shared(*, units: int = 4, threads: int = 2, batch_size: int = 8) -> Shared:
    network = Network([Dense(units), Dense(1)], inputs=3)
    x = np.zeros((16, 3), np.float32)
    return Shared(
        network=network,
        loss=MeanSquaredError(),
        rule=SGD(),
        clip=None,
        batches=Batches(x, x[:, :1], batch_size=batch_size),
        slots={},
        threads=threads,
        chunk=8,
        kept=None,
    )


def at(address: int, count: int) -> list[float]:
    return [*(ctypes.c_float * count).from_address(address)]


def test_threads_add_up_whole_gradients_where_a_batch_has_more_numbers_than_the_network() -> None:
    many = shared(threads=3, batch_size=16)
    assert many.own_gradients[0] is many.network.gradients
    assert [vector.shape for vector in many.own_gradients] == [many.network.gradients.shape] * 3
    assert shared(threads=1, batch_size=16).own_gradients == []
    # 5,001 weights; two rows have 4,008 numbers before and behind them.
    assert shared(units=1000, batch_size=2).own_gradients == []


@pytest.mark.parametrize(("units", "batch_size"), [(4, 16), (1000, 2)])
def test_the_first_part_of_a_gradient_is_the_networks_and_the_others_are_zeros_of_its_size(
    units: int, batch_size: int
) -> None:
    made = shared(units=units, threads=3, batch_size=batch_size)
    assert bool(made.own_gradients) == (units == 4)
    first, *others = made.parts("dense_1/bias")
    made.network.gradients[made.network.span("dense_1/bias")] = 1
    assert (first == 1).all()
    assert [other.tolist() for other in others] == [[0.0] * units] * 2
    assert all(
        np.shares_memory(one, other) for one, other in zip([first, *others], made.parts("dense_1/bias"), strict=True)
    )


def test_a_name_is_a_buffer_of_a_batch_and_stays_where_it_is() -> None:
    made = shared()
    address = made.buffer("z", 5)
    assert made.buffer("z", 5) == address
    assert made.buffer("a", 5) != address
    assert made.buffers["z"].shape == (8 * 5,)
    made.buffers["z"][:] = 2
    assert at(address, 40) == [2.0] * 40
    made.buffer("places", 2, np.int32)
    assert made.buffers["places"].dtype == np.int32


def test_each_thread_has_a_vector_that_all_find() -> None:
    made = shared(threads=3)
    addresses = made.vectors("sums", 6)
    assert len({*addresses}) == 3
    assert made.vectors("sums", 6) == addresses
    made.of_threads["sums"][1][:] = 7
    assert at(addresses[1], 6) == [7.0] * 6
