"""Splits: complete, disjoint, of the right sizes, fair to every class."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from steelyard.data.split import sizes, split_rows


@given(
    rows=st.integers(10, 300),
    validation=st.floats(0, 0.4),
    test=st.floats(0, 0.4),
    classes=st.integers(1, 5),
    seed=st.integers(0, 2**32),
)
def test_every_row_is_in_one_part_and_each_class_gets_its_share(
    rows: int, validation: float, test: float, classes: int, seed: int
) -> None:
    y = np.random.default_rng(seed).integers(classes, size=rows)
    fractions = {"validation": validation, "test": test}
    split = split_rows(rows, fractions, np.random.default_rng(seed), classes=y)
    parts = {"validation": split.validation, "test": split.test}
    together = np.concatenate([split.train, *parts.values()])
    assert np.array_equal(np.sort(together), np.arange(rows))
    wanted = sizes(rows, fractions)
    for name, part in parts.items():
        assert len(part) == wanted.get(name, 0)
        assert np.array_equal(part, np.sort(part))
        for label in range(classes):
            share = len(part) * np.mean(y == label)
            assert abs(np.count_nonzero(y[part] == label) - share) <= 2


def test_same_seed_gives_the_same_split() -> None:
    first, second = (split_rows(50, {"test": 0.3}, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first.test, second.test)
    assert not np.array_equal(first.test, split_rows(50, {"test": 0.3}, np.random.default_rng(4)).test)
