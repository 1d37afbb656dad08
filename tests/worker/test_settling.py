"""How a run ended is told to a database that comes back, as when everything is restarted at once."""

from collections.abc import Callable

import pytest

from steelyard.errors import Unavailable
from steelyard_worker import supervisor
from steelyard_worker.supervisor import when_answered


def away(times: int) -> Callable[[], str]:
    """What fails so many times, as a database does that is being restarted."""
    left = iter(range(times))

    def change() -> str:
        if next(left, None) is None:
            return "told"
        raise Unavailable("the database does not answer")

    return change


def test_a_database_that_comes_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RETRY_SECONDS", 0.01)
    assert when_answered(away(5)) == "told"


def test_a_database_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(supervisor, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(Unavailable):
        when_answered(away(10_000))
