"""Files of weights are read in another process, by the end of their names."""

import zipfile
from pathlib import Path

import pytest

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import UnsupportedMediaType, ValidationFailed
from steelyard.exports import safetensors
from steelyard.imports.reading import format_of, read_weights
from tests.imports.files import weights


def test_the_end_of_the_name_tells_the_format() -> None:
    assert format_of("My.Model.SafeTensors") == "safetensors"
    for name in ("model.pt", "model", ""):
        with pytest.raises(UnsupportedMediaType, match=r"its name must end with one of \.safetensors, \.npz"):
            format_of(name)


def test_a_file_is_read_in_another_process(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(safetensors.dump(weights(2, 4, 3)))
    found = read_weights(readers, str(path), "safetensors", max_bytes=1 << 20)
    assert {name: tensor.tolist() for name, tensor in found.tensors.items()} == {
        name: tensor.tolist() for name, tensor in weights(2, 4, 3).items()
    }
    path.write_bytes(b"\0" * 100)
    with pytest.raises(ValidationFailed, match="/file: it is not a valid safetensors file"):
        read_weights(readers, str(path), "safetensors", max_bytes=1 << 20)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", b"no array")
    with pytest.raises(ValidationFailed, match=r"/file: the array 'a\.npy' has an invalid header"):
        read_weights(readers, str(path), "npz", max_bytes=1 << 20)
