"""The database's clock."""

import time

import pytest
from sqlalchemy import Engine, select

from steelyard.store.clock import now, rfc3339
from steelyard.store.engine import reading


def test_the_clock_is_the_databases_and_goes_on_within_a_transaction(engine: Engine) -> None:
    with reading(engine) as connection:
        first = connection.execute(select(now())).scalar_one()
        time.sleep(0.02)
        second = connection.execute(select(now())).scalar_one()
    assert 0.01 < second - first < 1
    assert first == pytest.approx(time.time(), abs=2)


def test_times_are_rfc_3339_in_utc() -> None:
    assert rfc3339(1_000_000_000.25) == "2001-09-09T01:46:40.250Z"
    assert rfc3339(None) is None
