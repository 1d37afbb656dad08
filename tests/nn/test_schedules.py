"""Schedules by what they promise: where they begin, how they run, where they end."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.errors import InvalidParameter
from steelyard.nn.schedules import (
    SCHEDULES,
    CosineDecay,
    ExponentialDecay,
    InverseSqrt,
    OneCycle,
    PiecewiseConstant,
    PolynomialDecay,
    ReduceOnPlateau,
    Schedule,
    Steady,
    StepDecay,
    Time,
)

EVERY = [PiecewiseConstant((1.0,), (0.1, 0.01)) if part is PiecewiseConstant else part() for part in SCHEDULES]


def rates(schedule: Schedule, epochs: int, steps_an_epoch: int = 1) -> list[float]:
    state = schedule.start()
    return [schedule.rate(1.0, Time(n, steps_an_epoch, epochs), state) for n in range(epochs * steps_an_epoch)]


@pytest.mark.parametrize("schedule", EVERY, ids=lambda part: part.name)
@given(epochs=st.integers(1, 30), steps=st.integers(1, 5), base=st.floats(1e-6, 10))
def test_rates_are_finite_and_never_above_the_base(schedule: Schedule, epochs: int, steps: int, base: float) -> None:
    state = schedule.start()
    top = 0.1 if isinstance(schedule, PiecewiseConstant) else base
    for step in range(epochs * steps):
        rate = schedule.rate(base, Time(step, steps, epochs), state)
        assert 0 <= rate <= top * (1 + 1e-12)


def test_steps_are_stairs_and_decays_are_slopes() -> None:
    assert rates(Steady(), 3) == [1, 1, 1]
    assert rates(StepDecay(2, 0.5), 5) == [1, 1, 0.5, 0.5, 0.25]
    assert rates(PiecewiseConstant((1.0, 3.0), (0.3, 0.2, 0.1)), 4) == [0.3, 0.2, 0.2, 0.1]
    assert rates(ExponentialDecay(0.25), 2, 2) == pytest.approx([1, 0.5, 0.25, 0.125])
    assert rates(PolynomialDecay(2.0, 0.1), 4) == pytest.approx([1, 0.55, 0.1, 0.1])


def test_a_cosine_warms_up_falls_and_begins_anew() -> None:
    assert rates(CosineDecay(warmup_epochs=2.0), 6) == pytest.approx(
        [0, 0.5, *(0.5 * (1 + math.cos(math.pi * n / 4)) for n in range(4))]
    )
    again = rates(CosineDecay(2.0, restarts=True, t_mul=2.0, m_mul=0.5), 7)
    assert again[0] == 1
    assert again[2] == 0.5
    assert again[6] == 0.25
    assert rates(CosineDecay(2.0, alpha=0.1), 5)[-1] == pytest.approx(0.1)


def test_the_inverse_root_rises_in_a_line_and_falls_with_the_root() -> None:
    assert rates(InverseSqrt(2.0), 9) == pytest.approx([0, 0.5, *(math.sqrt(2 / n) for n in range(2, 9))])


def test_one_cycle_rises_once_and_falls_far_below() -> None:
    found = rates(OneCycle(), 100)
    assert found[0] == pytest.approx(1 / 25)
    assert max(found) == pytest.approx(1)
    assert found.index(max(found)) == 29
    assert found[-1] == pytest.approx(1 / 25 / 1e4)


def test_a_plateau_lowers_the_rate_once_and_cools_down() -> None:
    schedule = ReduceOnPlateau("loss", 0.5, patience=2, cooldown=1, min_learning_rate=0.2)
    state = schedule.start()
    seen = []
    for _ in range(9):
        schedule.observe({"loss": 1.0}, state)
        seen.append(schedule.rate(1.0, Time(0, 1, 1), state))
    assert seen == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]


def test_an_accuracy_should_rise() -> None:
    schedule = ReduceOnPlateau("val_accuracy", 0.5, patience=1)
    state = schedule.start()
    for value in (0.1, 0.2, 0.3):
        schedule.observe({"val_accuracy": value}, state)
    assert state["factor"] == 1
    schedule.observe({"val_accuracy": 0.2}, state)
    assert state["factor"] == 0.5


@pytest.mark.parametrize(("boundaries", "values"), [((1.0,), (0.1,)), ((2.0, 1.0), (0.1, 0.2, 0.3))])
def test_boundaries_grow_and_have_a_value_on_each_side(
    boundaries: tuple[float, ...], values: tuple[float, ...]
) -> None:
    with pytest.raises(InvalidParameter):
        PiecewiseConstant(boundaries, values)
