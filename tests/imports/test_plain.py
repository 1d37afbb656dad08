"""Damaged files give a clear error, and never a traceback."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from steelyard.imports.contents import CannotImport
from tests.imports.files import damaged, export, read, refusal

OFTEN = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


FORMS = ("safetensors", "npz", "json")


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
@OFTEN
def test_a_damaged_file_gives_an_error_or_a_model(form: str, data: Any, tmp_path: Path) -> None:
    found = refusal(tmp_path / "file", data.draw(damaged(export(form))), form)
    assert found is None or 0 < len(found) < 1000


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    np.savez(path, **{"output/kernel": np.array([print], dtype=object)}, allow_pickle=True)
    with pytest.raises(CannotImport, match="'output/kernel"):
        read(tmp_path / "copy", path.read_bytes(), "npz")
    with pytest.raises(CannotImport, match="not a valid NPZ"):
        read(tmp_path / "copy", pickle.dumps({}), "npz")


def test_bfloat16_is_refused(tmp_path: Path) -> None:
    header = b'{"fc.weight":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]}}'
    content = len(header).to_bytes(8, "little") + header + bytes(4)
    with pytest.raises(CannotImport, match=r"'fc\.weight' is of the type bfloat16; save it as float32 or float64"):
        read(tmp_path / "m", content, "safetensors")


def test_float16_is_converted_and_noted(tmp_path: Path) -> None:
    for form, write in (("safetensors", save_file), ("npz", lambda tensors, path: np.savez(path, **tensors))):
        path = tmp_path / f"m.{form}"
        write({"a": np.array([0.5, 65504], np.float16), "b": np.ones(1, np.float32)}, str(path))
        found = read(tmp_path / "copy", path.read_bytes(), form)
        assert found.notes == ("1 tensor was converted from float16 to float32",)
        assert found.tensors["a"].dtype == np.float32
        assert found.tensors["a"].tolist() == [0.5, 65504]


def test_an_array_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    np.savez_compressed(path, a=np.zeros(1 << 19, np.uint8), b=np.zeros(1 << 20, np.uint8))
    with pytest.raises(CannotImport, match=r"'b\.npy' declares 1048576 bytes; the limit is 524288"):
        read(tmp_path / "copy", path.read_bytes(), "npz")
