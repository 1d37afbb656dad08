"""A model from a file is checked before it is made: one error, which names the tensor and both shapes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.imports.contents import CannotImport, Contents
from steelyard.imports.draft import Draft
from steelyard.imports.exported import draft_of
from tests.imports.files import DIGEST, export, read


def draft(tmp_path: Path, **changes: Any) -> Draft:
    """A small model of an export, with some of its tensors changed or, for `None`, left out."""
    found = read(tmp_path / "file", export("json"), "json")
    tensors = {name: tensor for name, tensor in ({**found.tensors} | changes).items() if tensor is not None}
    return draft_of(Contents(tensors, found.manifest), DIGEST)


def test_a_draft_becomes_the_model(tmp_path: Path) -> None:
    sketch = draft(tmp_path)
    tensors = sketch.build().network.tensors()
    assert {name: tensor.shape for name, tensor in tensors.items()} == sketch.shapes()
    assert all(np.array_equal(tensor, sketch.tensors[name]) for name, tensor in tensors.items())


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (None, r"the tensor 'output/bias' of the shape \[3\] is missing"),
        (np.zeros((3, 1), np.float32), r"the tensor 'output/bias' must have the shape \[3\]; it has \[3, 1\]"),
        (np.zeros(3), "the tensor 'output/bias' is of the type float64; the model computes in float32"),
        (np.array([0, np.nan, 1], np.float32), "the tensor 'output/bias' has values that are not finite"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named(tmp_path: Path, tensor: Any, reason: str) -> None:
    with pytest.raises(CannotImport, match=reason):
        draft(tmp_path, **{"output/bias": tensor}).build()


def test_a_tensor_of_no_layer_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="the tensor 'output/bia' belongs to no layer; did you mean 'output/bias'"):
        draft(tmp_path, **{"output/bia": np.zeros(3, np.float32)}).build()
