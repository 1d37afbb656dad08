"""Splits: complete, disjoint, of the right sizes, fair to every class."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.split import Split, sizes, split_by_time, split_groups, split_rows

FRACTIONS = st.fixed_dictionaries({}, optional={"validation": st.floats(0, 0.45), "test": st.floats(0, 0.45)})
SEEDS = st.integers(0, 2**32)


def draw(rows: int, fractions: dict[str, float], seed: int, classes: np.ndarray | None = None) -> Split:
    split = split_rows(rows, fractions, np.random.default_rng(seed), classes=classes)
    together = np.concatenate([split.train, split.validation, split.test])
    assert np.array_equal(np.sort(together), np.arange(rows))
    wanted = sizes(rows, fractions)
    for name in ("validation", "test"):
        part = getattr(split, name)
        assert len(part) == wanted.get(name, 0)
        assert np.array_equal(part, np.sort(part))
        assert part.dtype == np.int64
    return split


@given(rows=st.integers(10, 300), fractions=FRACTIONS, seed=SEEDS)
def test_every_row_is_in_one_part_of_the_size_asked_for(rows: int, fractions: dict[str, float], seed: int) -> None:
    draw(rows, fractions, seed)


@given(members=st.lists(st.integers(3, 60), min_size=1, max_size=8), fractions=FRACTIONS, seed=SEEDS)
def test_each_class_gets_its_share(members: list[int], fractions: dict[str, float], seed: int) -> None:
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(members)), members))
    split = draw(len(y), fractions, seed, y)
    learned = np.bincount(y[split.train], minlength=len(members))
    assert learned.min() > 0 or len(split.train) < len(members)
    # Where a class would have had no row to train on, another gave it one: then, two.
    bound = 1 if len(split.train) * min(members) >= len(y) else 2
    for part in (split.train, split.validation, split.test):
        shares = len(part) * np.array(members) / len(y)
        assert np.abs(np.bincount(y[part], minlength=len(members)) - shares).max() < bound + 1e-9


@given(rare=st.integers(1, 2), seed=SEEDS)
def test_the_rarest_class_is_trained_on(rare: int, seed: int) -> None:
    y = np.repeat([0, 1, 2], [50, 47, rare])
    assert 2 in y[draw(len(y), {"validation": 0.4, "test": 0.2}, seed, y).train]


def test_same_seed_gives_the_same_split() -> None:
    y = np.arange(50) % 3
    for classes in (None, y):
        first, again, other = (draw(50, {"test": 0.3}, seed, classes) for seed in (3, 3, 4))
        assert np.array_equal(first.test, again.test)
        assert not np.array_equal(first.test, other.test)


def test_every_row_is_as_likely_to_be_kept_back() -> None:
    y = np.repeat([0, 1], [30, 10])
    times = sum(np.bincount(draw(40, {"test": 0.25}, seed, y).test, minlength=40) for seed in range(400))
    assert np.abs(times / 400 - 0.25).max() < 0.1  # 4.6 standard deviations


@given(st.lists(st.integers(0, 12), min_size=30, max_size=200), st.integers(0, 2**32))
def test_groups_stay_together(groups: list[int], seed: int) -> None:
    codes = np.array(groups)
    split = split_groups(codes, {"validation": 0.2, "test": 0.2}, np.random.default_rng(seed))
    parts = [split.train, split.validation, split.test]
    assert sorted(np.concatenate(parts).tolist()) == [*range(len(codes))]
    seen = [{*codes[part].tolist()} for part in parts]
    assert sum(map(len, seen)) == len(set().union(*seen))


@given(st.lists(st.floats(-1e9, 1e9), min_size=10, max_size=100))
def test_the_latest_rows_are_kept_back(moments: list[float]) -> None:
    times = np.array(moments)
    split = split_by_time(times, {"validation": 0.2, "test": 0.1})
    assert len(split.test) == max(1, round(len(times) * 0.1))
    assert times[split.train].max() <= times[split.validation].min()
    assert times[split.validation].max() <= times[split.test].min()


def test_a_part_with_the_fraction_zero_is_empty() -> None:
    assert sizes(10, {"validation": 0.0, "test": 0.01}) == {"test": 1}
    assert sizes(10, {"validation": 0.25}) == {"validation": 2}  # rounded to even


@pytest.mark.parametrize(("size", "validation"), [(4, {4, 6}), (5, {5}), (6, {4, 6}), (7, {3, 7}), (8, {2}), (9, {1})])
def test_a_group_may_exceed_what_is_lacking_by_less_than_it_would_fall_short(size: int, validation: set[int]) -> None:
    """Two groups of 10 rows, of which 4 are wanted: which of them is drawn first, the seed decides."""
    groups = np.array([0] * size + [1] * (10 - size))
    made = [split_groups(groups, {"validation": 0.4}, np.random.default_rng(seed)) for seed in range(20)]
    assert {len(each.validation) for each in made} == validation
    assert all(len(each.test) == 0 for each in made)


def test_nothing_is_drawn_for_a_part_that_was_not_asked_for() -> None:
    groups = np.arange(12) % 4
    made = split_groups(groups, {"test": 0.25}, np.random.default_rng(0))
    assert (len(made.train), len(made.validation), len(made.test)) == (9, 0, 3)
    nothing = split_groups(groups, {}, np.random.default_rng(0))
    assert len(nothing.train) == 12


def test_a_class_of_two_rows_keeps_one_to_train_on_where_another_can_give() -> None:
    classes = np.array([0] * 8 + [1] * 2)
    for seed in range(10):
        made = split_rows(10, {"validation": 0.6}, np.random.default_rng(seed), classes=classes)
        assert np.bincount(classes[made.train], minlength=2).min() >= 1
    few = np.array([0, 0, 1, 2])
    made = split_rows(4, {"validation": 0.5}, np.random.default_rng(0), classes=few)
    assert len(np.unique(few[made.train])) == 2


@given(classes=st.lists(st.integers(0, 5), min_size=4, max_size=25), fractions=FRACTIONS, seed=SEEDS)
def test_every_class_has_a_row_to_train_on_where_there_are_rows_enough(
    classes: list[int], fractions: dict[str, float], seed: int
) -> None:
    codes = np.unique(classes, return_inverse=True)[1]
    made = draw(len(codes), fractions, seed, codes)
    assert len(np.unique(codes[made.train])) == min(len(np.unique(codes)), len(made.train))
