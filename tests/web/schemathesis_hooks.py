"""Gives each generated request an Idempotency-Key of its own.

The same key twice gives the first answer again, even after the job that it made was deleted: as it should be, but
Schemathesis takes the job for one that was just made, and looks for it.
"""

import uuid
from typing import Any

import schemathesis

HEADER = "Idempotency-Key"


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Change the key where it is one, so that wrong ones are tried, too."""
    key = (case.headers or {}).get(HEADER)
    if isinstance(key, str) and 0 < len(key) <= 255 and all("!" <= character <= "~" for character in key):
        case.headers[HEADER] = uuid.uuid4().hex
