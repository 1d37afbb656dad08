"""Rejects data with one error of bounded length, however many faults they have."""

from collections.abc import Iterable
from itertools import islice

from steelyard.errors import Fault, ValidationFailed, pointer

MOST_FAULTS = 20
MOST_COUNTED = 1000
AT = "data"


def refuse(faults: Iterable[Fault]) -> None:
    """Raise `ValidationFailed` if there is any fault, with the first `MOST_FAULTS` and the number of the others.

    Faults are drawn no further than `MOST_COUNTED`, so that a large body full of them costs no more than a good one.
    """
    iterator = iter(faults)
    found = list(islice(iterator, MOST_FAULTS))
    if not found:
        return
    rest = sum(1 for _ in islice(iterator, MOST_COUNTED))
    if rest:
        count = f"{MOST_COUNTED} or more" if rest == MOST_COUNTED else f"{rest}"
        found.append(Fault(pointer(AT), f"has {count} more errors that are not listed"))
    raise ValidationFailed(found)
