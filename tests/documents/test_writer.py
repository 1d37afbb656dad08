"""JSON as the service sends it."""

import numpy as np
import pytest

from steelyard.documents.schema import Problem
from steelyard.documents.writer import dump, to_values

PROBLEM = Problem(type="/problems/conflict", title="A conflict", detail="it runs", status=409)


def test_arrays_are_lists_of_their_shortest_decimals() -> None:
    values = np.array([[0.1, np.inf], [2.0, 3.0]], np.float32)
    assert dump({"x": values, "y": values.T}) == b'{"x":[[0.1,null],[2.0,3.0]],"y":[[0.1,2.0],[null,3.0]]}'


def test_answers_are_written_wherever_they_are() -> None:
    written = {"type": "/problems/conflict", "title": "A conflict", "status": 409, "detail": "it runs"}
    assert to_values(PROBLEM) == written
    assert dump({"data": [PROBLEM]}) == b'{"data":[%s]}' % dump(PROBLEM)


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable: object"):
        dump({"x": object()})
