"""Batches: every row once an epoch, in the order of a shuffle, whatever the sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.nn.batches import Batches


@given(rows=st.integers(1, 40), batch_size=st.integers(1, 50), seed=st.integers(0, 2**32))
def test_every_row_is_in_one_batch_of_an_epoch(rows: int, batch_size: int, seed: int) -> None:
    x = np.arange(2 * rows).reshape(rows, 2)
    batches = Batches(x, np.arange(rows), batch_size=batch_size)
    batches.shuffle(np.random.default_rng(seed))
    order = np.random.default_rng(seed).permutation(rows)
    taken = [[column.copy() for column in batches.take(index)] for index in range(batches.count)]
    assert [len(x) for x, _ in taken[:-1]] == [min(batch_size, rows)] * (batches.count - 1)
    assert np.concatenate([y for _, y in taken]).tolist() == order.tolist()
    np.testing.assert_array_equal(np.concatenate([x for x, _ in taken]), x[order])
    assert batches.sizes() == sorted({len(x) for x, _ in taken}, reverse=True)


def test_rows_keep_their_order_until_they_are_shuffled() -> None:
    assert Batches(np.arange(5), batch_size=3).take(1)[0].tolist() == [3, 4]


def test_a_shuffle_does_not_depend_on_the_one_before() -> None:
    orders = []
    for times in (1, 2):
        batches = Batches(np.arange(9), batch_size=4)
        for _ in range(times):
            batches.shuffle(np.random.default_rng(0))
        orders.append(batches.order.tolist())
    assert orders[0] == orders[1] != list(range(9))


@pytest.mark.parametrize(("rows", "size", "sizes", "count"), [(6, 3, [3], 2), (7, 3, [3, 1], 3), (2, 9, [2], 1)])
def test_the_last_batch_may_be_smaller(rows: int, size: int, sizes: list[int], count: int) -> None:
    batches = Batches(np.zeros((rows, 2)), batch_size=size)
    assert (batches.sizes(), batches.count) == (sizes, count)
