"""What a `.keras` file could hide is refused before anything of its size is allocated."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from steelyard.imports.contents import CannotImport
from steelyard.imports.keras_archive import open_archive, require_weights
from tests.imports.keras_files import archive, hdf5

MOST = 1 << 20
PLACE = "layers/dense"
Write = Callable[[h5py.Group], object]


def read(folder: Path, content: bytes, place: str = PLACE) -> list[Any]:
    path = folder / "m.keras"
    path.write_bytes(content)
    with open_archive(str(path), MOST) as (_, _, weights):
        return weights.of(place)


def holding(write: Write) -> bytes:
    """A file whose weights are written by a function, which gets the group of the layer's variables."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        write(file.create_group(f"{PLACE}/vars"))
    return archive({}, buffer.getvalue())


def test_weights_are_read_in_order_and_byte_order(tmp_path: Path) -> None:
    sent = [np.arange(12, dtype=dtype).reshape(3, 4) for dtype in (">f4", "<f8", "f2", ">i2")]
    found = read(tmp_path, archive({}, hdf5({"dense": sent})))
    assert [each.dtype.name for each in found] == ["float32", "float64", "float16", "int16"]
    for one, two in zip(found, sent, strict=True):
        np.testing.assert_array_equal(one, two)
    assert read(tmp_path, archive({}, hdf5({"dense": sent})), "layers/dense_1") == []


def chunks(group: h5py.Group) -> None:
    group.create_dataset("0", shape=(1 << 30, 1 << 10), dtype="f4", chunks=(1 << 10, 1 << 10))


def virtual(group: h5py.Group) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    group.create_virtual_dataset("0", layout)


def elsewhere(group: h5py.Group) -> None:
    group.create_dataset("0", shape=(4,), dtype="f4", external=[("/etc/passwd", 0, 16)])


def set_item(value: Any) -> Write:
    return lambda group: group.__setitem__("0", value)


COMPRESSED = "is compressed, in pieces or in another file"


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (set_item(h5py.SoftLink("/layers")), "is a link"),
        (set_item(h5py.ExternalLink("/etc/passwd", "/")), "is a link"),
        (virtual, COMPRESSED),
        (elsewhere, COMPRESSED),
        (chunks, COMPRESSED),
        (lambda group: group.create_dataset("0", data=np.zeros(9), compression="gzip"), COMPRESSED),
        (lambda group: group.create_dataset("0", shape=(1 << 20,), dtype="f4"), "declares 4194304 bytes"),
        (lambda group: group.create_dataset("0", data="text"), "is of the type object"),
        (
            lambda group: group.create_dataset("0", data=np.zeros(2, "V2")),
            "is of the type bfloat16; save it as float32",
        ),
        (lambda group: group.create_dataset("0", data=group.ref, dtype=h5py.ref_dtype), "is of the type object"),
        (lambda group: group.create_dataset("0", dtype="f4"), "is not an array"),
        (lambda group: group.create_group("0"), "is not an array"),
    ],
)
def test_what_is_no_plain_array_is_refused(tmp_path: Path, write: Write, reason: str) -> None:
    content = holding(write)
    tracemalloc.start()
    try:
        with pytest.raises(CannotImport, match=reason):
            read(tmp_path, content)
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


def test_the_same_array_cannot_count_many_times(tmp_path: Path) -> None:
    def write(group: h5py.Group) -> None:
        group["0"] = np.zeros(1000)
        for number in range(1, 1000):
            group[str(number)] = group["0"]

    with pytest.raises(CannotImport, match=r"declares 8000 bytes; model\.weights\.h5 has \d+ in all"):
        read(tmp_path, holding(write))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK", "not a valid Keras file"),
        (archive({}, b"no HDF5"), "not a valid Keras file"),
        (archive({}, hdf5({}), config_json=b"{"), r"its config\.json is not valid JSON"),
        (archive({}, hdf5({}), config_json=b'{"a":' * 100), r"its config\.json is not valid JSON"),
        (archive({}, hdf5({}), metadata_json=b'{"keras_version": "2.15.0"}'), r"it is of Keras 2\.15\.0; load it"),
        (archive({}, bytes(MOST + 1)), r"its model\.weights\.h5 unpacks to 1048577 bytes; the limit is 1048576"),
        (archive({}, hdf5({}), config_json=bytes((16 << 20) + 1)), r"its config\.json unpacks to 16777217 bytes"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(CannotImport, match=reason):
        read(tmp_path, content)


def test_an_archive_needs_both_parts(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("config.json", "{}")
    with pytest.raises(CannotImport, match=r"it has no config\.json and model\.weights\.h5; save the whole model"):
        read(tmp_path, buffer.getvalue())


def test_a_group_in_the_place_of_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="is not a group of weights"):
        read(tmp_path, archive({}, hdf5({"dense": [np.zeros(2)]})), f"{PLACE}/vars/0")


def test_a_layer_must_have_the_weights_of_its_kind() -> None:
    with pytest.raises(
        CannotImport, match=r"the layer 'a' has 1 tensors in model\.weights\.h5; it must have 2: kernel"
    ):
        require_weights([np.zeros(1)], ["kernel", "bias"], "a")
