"""The database's clock, as an expression for statements: seconds since 1970 in UTC, a double.

Leases compare times written by several machines. They must come from one clock, so no statement contains a time of the
process that sends it.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class now(FunctionElement[float]):  # noqa: N801 -- SQL functions are written in lower case
    """The time at which the statement runs; `now() + 30` is 30 seconds later."""

    type = Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _sqlite_now(element: now, compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _postgresql_now(element: now, compiler: Any, **_: Any) -> str:
    # Not CURRENT_TIMESTAMP, which is the time at which the transaction began.
    return "extract(epoch from clock_timestamp())::double precision"


def rfc3339(seconds: float | None) -> str | None:
    """Format a time of the database for clients: `2026-11-23T18:09:00.123Z`."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
