"""Operations are generators of requests: what each asks for, and what it makes of the answers."""

from typing import Any

import pytest

from steelyard.client import operations
from steelyard.client.errors import JobTimeout
from steelyard.client.transport import Call, Pause, Steps


def run(steps: Steps[Any], *answers: Any) -> tuple[Any, list[Call | Pause]]:
    """The result of an operation that gets these answers, and what it asked for."""
    asked: list[Call | Pause] = []
    replies = iter(answers)
    try:
        step = next(steps)
        while True:
            asked.append(step)
            step = steps.send(None if isinstance(step, Pause) else next(replies))
    except StopIteration as end:
        return end.value, asked


def test_a_list_is_read_page_by_page_up_to_its_limit() -> None:
    pages = ({"data": [1, 2], "next": "b"}, {"data": [3], "next": None})
    found, asked = run(operations.list_all("/v1/jobs", None, status="running"), *pages)
    assert found == [1, 2, 3]
    assert [call.params["after"] for call in asked if isinstance(call, Call)] == [None, "b"]
    found, asked = run(operations.list_all("/v1/jobs", 2), pages[0])
    assert (found, len(asked)) == ([1, 2], 1)


def test_data_are_located_or_uploaded_first() -> None:
    assert run(operations.locate({"builtin": "iris"}, None)) == ({"builtin": "iris"}, [])
    assert run(operations.locate("ds_1", "y")) == ({"dataset": "ds_1", "target": "y"}, [])
    located, asked = run(operations.locate({"a": [1], "y": [2]}, "y"), {"id": "ds_2"})
    assert located == {"dataset": "ds_2", "target": "y"}
    assert isinstance(asked[0], Call)
    assert asked[0].key is not None


def test_waiting_ends_with_the_job_or_with_the_time() -> None:
    running, done = {"status": "running"}, {"status": "succeeded"}
    assert run(operations.wait_for_job("job_1", None, None), running, done)[0] == done
    with pytest.raises(JobTimeout, match="job_1 is running after 0 s"):
        run(operations.wait_for_job("job_1", 0, None), running)
    study = {"id": "mend_1", "status": "running"}
    found, asked = run(operations.wait_for("/v1/mends/mend_1", None), study, {**study, "status": "failed"})
    assert found["status"] == "failed"
    assert asked[1] == Pause(0.3)
    with pytest.raises(JobTimeout, match="mend_1 is running"):
        run(operations.wait_for("/v1/mends/mend_1", -1), study)


def test_columns_are_typed_after_the_upload() -> None:
    answers = ({"id": "ds_1"}, {"id": "ds_1", "columns": []})
    _, asked = run(operations.upload([{"a": 1}], "name", {"a": {"type": "category"}}), *answers)
    assert [call.method for call in asked if isinstance(call, Call)] == ["POST", "PATCH"]
