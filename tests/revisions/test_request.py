"""Requests to edit a model: every fault at once, each in its place."""

from typing import Any

import pytest

from steelyard.errors import ValidationFailed
from steelyard.revisions.request import PermuteUnits, PruneWeights, read_edits


def test_edits_are_read_in_their_order() -> None:
    prune = {"op": "prune", "fraction": 0.5}
    permute = {"op": "permute", "layer": "dense_1", "order": [1, 0]}
    asked = read_edits({"name": "small", "edits": [prune, permute]})
    assert asked.name == "small"
    assert asked.edits == [
        PruneWeights(op="prune", fraction=0.5),
        PermuteUnits(op="permute", layer="dense_1", order=[1, 0]),
    ]


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ([], ["/edits"]),
        ({}, ["/edits"]),
        ({"edits": {"op": "zero"}}, ["/edits"]),
        ({"edits": [{"op": "zap"}, {"op": 3}, "zero", {}]}, ["/edits/0/op", "/edits/1/op", "/edits/2", "/edits/3/op"]),
        ({"edits": [{"op": "zero", "tensor": 3, "at": 1}], "nam": "x"}, ["/edits/0/tensor", "/edits/0/at", "/nam"]),
        (
            {"edits": [{"op": "noise", "tensor": "a/b", "stddev": 0.0, "seed": -1}]},
            ["/edits/0/stddev", "/edits/0/seed"],
        ),
    ],
)
def test_every_fault_is_told_in_its_place(document: Any, places: list[str]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_edits(document)
    assert sorted(fault.pointer for fault in caught.value.faults) == sorted(places)


def test_as_many_edits_as_fit() -> None:
    edits = [{"op": "prune", "fraction": 0.5}] * 101
    with pytest.raises(ValidationFailed, match="at most 100"):
        read_edits({"edits": edits})
