"""docs/traces.md shows numbers that a trace has."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from steelyard.documents.writer import to_values
from steelyard.traces.service import Tracer

PAGE = (Path(__file__).parents[2] / "docs" / "traces.md").read_text()
STEPS = re.findall(r"^\| `(/[^`]+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)


def at(answer: Any, place: str) -> Any:
    for key in place.strip("/").split("/"):
        answer = answer[int(key) if key.isdigit() else key]
    return answer


def test_the_step_by_hand_is_what_the_service_answers(tracer: Tracer) -> None:
    request = json.loads(re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0])
    answer = to_values(tracer.trace(request))
    assert len(STEPS) > 10
    for place, written in STEPS:
        found, expected = at(answer, place), json.loads(written)
        assert found == approx(expected), place


def approx(expected: Any) -> Any:
    """Lists of lists, to rounding."""
    if isinstance(expected, list):
        return [approx(each) for each in expected]
    return expected if isinstance(expected, str) else pytest.approx(expected, rel=1e-12)
