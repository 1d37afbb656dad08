"""Splits: complete, disjoint, of the right sizes, fair to every class."""

import numpy as np
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
