"""Jobs as clients send them, read."""

from typing import Any

import pytest

from steelyard.errors import ValidationFailed
from steelyard.training.estimate import Limits
from steelyard.training.examples import SMALLEST
from steelyard.training.plan import Plan, read_job
from tests.conftest import no_tables

LIMITS = Limits(4 << 30)


def read(document: Any) -> Plan:
    return read_job(document, limits=LIMITS, tables=no_tables)


def faults(document: Any) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        read(document)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def job(**fields: Any) -> dict[str, Any]:
    return {**SMALLEST, **fields}


def many(count: int) -> dict[str, int]:
    return {f"field{number:x}": 1 for number in range(count)}
