"""The part of the form that says what the file does not."""

import pytest

from steelyard.errors import ValidationFailed
from steelyard.imports.request import ImportRequest, read_request


def test_the_part_may_be_left_out() -> None:
    assert read_request(None) == ImportRequest()
    assert read_request('{"inputs": ["a"], "classes": [0, 1]}').inputs == ["a"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", ["/model"]),
        ("3", ["/model"]),
        ('{"inputs": [], "task": "auto"}', ["/model/inputs", "/model/task"]),
        ('{"scaling": {"center": [1]}}', ["/model/scaling/scale"]),
        ('{"name": ""}', ["/model/name"]),
    ],
)
def test_every_fault_is_named_with_its_place(text: str, places: list[str]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_request(text)
    assert [fault.pointer for fault in caught.value.faults] == places
