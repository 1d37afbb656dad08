"""Lists in the envelope of the HTTP contract, and tables as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from steelyard.store.pages import Page

CSV = "text/csv"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_list(page: Page) -> dict[str, Any]:
    """A page, as every list is answered."""
    return {"object": "list", "data": page.data, "has_more": page.has_more, "next": page.next}


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A table as CSV. A text that a spreadsheet would take for a formula is quoted with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_inert(name) for name in header])
    writer.writerows([_inert(value) for value in row] for row in rows)
    return buffer.getvalue().encode()


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
