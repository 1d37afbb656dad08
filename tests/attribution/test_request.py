"""The body of an explain request is read, or rejected with all of its errors."""

from typing import Any

import numpy as np
import pytest

from steelyard.attribution.methods import METHODS
from steelyard.attribution.request import Asked, TargetKinds, read_explanation
from steelyard.errors import ValidationFailed
from steelyard.tabular.column import Column
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.types.number import Number
from steelyard.tabular.values import Values

ROW = {"a": 1, "b": 2, "c": 3}
NUMBER = TargetKinds(["y"], "regression", None)
CLASSES = TargetKinds(["y"], "multiclass", ["low", "middle", "high"])
TRUTH = TargetKinds(["y"], "binary", [False, True])
LABELS = TargetKinds(["y", "z"], "multilabel", None)
ONE_HOT = TargetKinds(["p", "q"], "binary", ["p", "q"])


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """Of three columns of numbers, which it leaves as they are."""
    columns = {name: Column.of(Number(), Values(np.arange(4.0))) for name in "abc"}
    return Encoder.fit(columns, np.arange(4), EncoderOptions(numeric="none"))


def read(document: Any, encoder: Encoder, targets: TargetKinds = NUMBER) -> Asked:
    return read_explanation(document, METHODS, encoder, targets, np.float64)


def faults(document: Any, encoder: Encoder, targets: TargetKinds = NUMBER) -> dict[str, str]:
    with pytest.raises(ValidationFailed) as caught:
        read(document, encoder, targets)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


def test_rows_are_optional(encoder: Encoder) -> None:
    for document in ({"method": "permutation"}, {"method": "permutation", "inputs": None}):
        asked = read(document, encoder)
        assert (asked.method, asked.x, asked.y) == ("permutation", None, None)


@pytest.mark.parametrize("rows", [[[1, 2, 3], [4, 5, 6]], [ROW, {"c": 6, "b": 5, "a": 4}]])
def test_rows_are_encoded_and_have_no_targets_unless_the_first_has_one(encoder: Encoder, rows: Any) -> None:
    asked = read({"method": "permutation", "inputs": rows}, encoder)
    assert asked.x is not None
    assert asked.x.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert asked.y is None


@pytest.mark.parametrize(
    ("targets", "sent", "y"),
    [
        (NUMBER, [{"y": 1.5}, {"y": -2}], [[1.5], [-2]]),
        (CLASSES, [{"y": "high"}, {"y": "low"}], [2, 0]),
        (TRUTH, [{"y": True}, {"y": False}], [1, 0]),
        (LABELS, [{"y": True, "z": 0}, {"y": 0, "z": 1}], [[1, 0], [0, 1]]),
        (ONE_HOT, [{"p": 0, "q": 1}, {"p": 1, "q": 0}], [1, 0]),
    ],
)
def test_targets_become_what_the_task_learns(
    encoder: Encoder, targets: TargetKinds, sent: list[dict[str, Any]], y: list[Any]
) -> None:
    asked = read({"method": "permutation", "inputs": [ROW | each for each in sent]}, encoder, targets)
    assert asked.x is not None
    assert asked.x.tolist() == [[1, 2, 3]] * 2
    assert asked.y is not None
    assert asked.y.tolist() == y


@pytest.mark.parametrize(
    ("targets", "sent", "words"),
    [
        (NUMBER, {"y": "x"}, "number"),
        (NUMBER, {"y": None}, "number"),
        (NUMBER, {"y": 1e200}, "within"),
        (CLASSES, {"y": "hig"}, "the classes are"),
        (CLASSES, {"y": ["low"]}, "the classes are"),
        (TRUTH, {"y": 1}, "the classes are"),  # 1 equals True, and is another class
        (LABELS, {"y": 2, "z": 0}, "must be true or false"),
        (ONE_HOT, {"p": 0.5, "q": 1}, "must be 0 or 1"),
        (ONE_HOT, {"p": 1, "q": 1}, "is one of 2 targets that are 1"),
        (ONE_HOT, {"p": 0, "q": 0}, "is one of 0 targets that are 1"),
    ],
)
def test_a_target_of_another_kind_is_named(
    encoder: Encoder, targets: TargetKinds, sent: dict[str, Any], words: str
) -> None:
    found = faults({"method": "permutation", "inputs": [ROW | sent]}, encoder, targets)
    assert {place.rsplit("/", 1)[0] for place in found} == {"/inputs/0"}
    assert any(words in detail for detail in found.values())


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ({}, ["/method"]),
        ({"method": "permutations", "input": []}, ["/input", "/method"]),
        ({"method": 3, "inputs": [[1]]}, ["/inputs/0", "/method"]),
        ({"method": "permutation", "inputs": []}, ["/inputs"]),
        ({"method": "permutation", "inputs": [{**ROW, "y": 1}, ROW]}, ["/inputs/1/y"]),
        ([], [""]),
        ("permutation", [""]),
    ],
)
def test_every_error_of_a_request_is_listed(encoder: Encoder, document: Any, places: list[str]) -> None:
    assert sorted(faults(document, encoder)) == places


def test_a_misspelled_name_is_corrected(encoder: Encoder) -> None:
    found = faults({"method": "permutations", "input": []}, encoder)
    assert "'permutation'" in found["/method"]
    assert "'inputs'" in found["/input"]
