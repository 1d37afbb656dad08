"""The parts of a `.keras` file: its configuration as JSON, and the weights of its layers. Nothing in it is executed.

Keras writes weights one after the other as they are (https://keras.io/api/models/model_saving_apis). Whatever else
HDF5 can hold is refused: links, other files, virtual and compressed data sets, objects. The names and sizes are checked
before anything is read.
"""

import io
import math
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from steelyard.documents.strict_json import read_document
from steelyard.errors import SteelyardError, shown
from steelyard.imports.contents import Array, CannotImport
from steelyard.tabular.readers.npz import BROKEN
from steelyard.tabular.readers.unreadable import Unreadable, refuse_bomb

METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
MOST_CONFIG_BYTES = 16 << 20
KINDS = "biuf"
MALFORMED = (*BROKEN, KeyError, OverflowError, TypeError)  # what h5py raises over a damaged file


class KerasWeights:
    """The weights of layers in an open HDF5 file of so many bytes, which all of them together cannot exceed."""

    def __init__(self, file: Any, size: int) -> None:
        self._root, self._left, self._size = file["/"], size, size

    def of(self, place: str) -> list[Array]:
        """Those of the layer at a place such as `layers/dense_1`, in order. Raises `CannotImport`."""
        group = self._root
        for name in (*place.split("/"), "vars"):
            group = self._child(group, name, place)
            if group is None:
                return []
        found: list[Array] = []
        while (variable := self._child(group, str(len(found)), place)) is not None:
            found.append(self._read(variable, f"{place}/vars/{len(found)}"))
        return found

    def _child(self, group: Any, name: str, place: str) -> Any:
        """What is called `name` in a group, without following a link; `None` if there is nothing."""
        import h5py  # noqa: PLC0415 -- it takes 0.1 s, and most files are of other formats

        if not isinstance(group, h5py.Group):
            raise CannotImport(f"{shown(place)} in {WEIGHTS} is not a group of weights")
        links, key = group.id.links, name.encode()
        if not links.exists(key):
            return None
        if links.get_info(key).type != h5py.h5l.TYPE_HARD:
            raise CannotImport(f"{shown(name)} of {shown(place)} in {WEIGHTS} is a link; weights must not be links")
        return group[name]

    def _read(self, variable: Any, place: str) -> Array:
        import h5py  # noqa: PLC0415 -- as above

        if not isinstance(variable, h5py.Dataset) or variable.shape is None:
            raise CannotImport(f"{shown(place)} in {WEIGHTS} is not an array")
        layout = variable.id.get_create_plist()
        plain = layout.get_layout() in (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS)
        if not plain or layout.get_nfilters() or layout.get_external_count():
            raise CannotImport(
                f"{shown(place)} in {WEIGHTS} is compressed, in pieces or in another file; save the model with Keras"
            )
        dtype = variable.dtype
        if dtype.kind not in KINDS:  # Keras writes bfloat16 as two bytes without a meaning
            kind = "bfloat16" if dtype.kind == "V" and dtype.itemsize == 2 else str(dtype)
            raise CannotImport(f"the tensor {shown(place)} is of the type {kind}; save it as float32 or float64")
        size = math.prod(variable.shape) * dtype.itemsize
        if size > self._left:
            raise CannotImport(f"{shown(place)} declares {size} bytes; {WEIGHTS} has {self._size} in all")
        self._left -= size
        values: Array = variable[()]
        return values.astype(dtype.newbyteorder("="), copy=False)


@contextmanager
def open_archive(path: str, most_bytes: int) -> Iterator[tuple[dict[str, Any], Any, KerasWeights]]:
    """The metadata, the configuration and the weights in a `.keras` file, which unpack to at most so many bytes.

    Raises `CannotImport`.
    """
    metadata = None
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if CONFIG not in names or WEIGHTS not in names:
                raise CannotImport(f"it has no {CONFIG} and {WEIGHTS}; save the whole model, with model.save(…)")
            if METADATA in names:
                _require_version(metadata := _document(archive, METADATA))
            config = _document(archive, CONFIG)
            content = _content(archive, WEIGHTS, most_bytes)
        import h5py  # noqa: PLC0415 -- as above

        with h5py.File(io.BytesIO(content)) as file:
            yield metadata if isinstance(metadata, dict) else {}, config, KerasWeights(file, len(content))
    except Unreadable as fault:
        raise CannotImport(fault.detail) from None
    except MALFORMED as error:
        raise CannotImport(f"it is not a valid Keras file: {str(error)[:200]}") from None


def _require_version(metadata: Any) -> None:
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    if isinstance(version, str) and not version.startswith("3."):
        raise CannotImport(f"it is of Keras {version[:20]}; load it in Keras 3 and save it again")


def _document(archive: zipfile.ZipFile, name: str) -> Any:
    content = _content(archive, name, MOST_CONFIG_BYTES)
    try:
        return read_document(content, most_bytes=16 * MOST_CONFIG_BYTES)
    except SteelyardError as error:
        raise CannotImport(f"its {name} is not valid JSON: {error.detail}") from None


def _content(archive: zipfile.ZipFile, name: str, most_bytes: int) -> bytes:
    entry = archive.getinfo(name)
    if entry.file_size > most_bytes:
        raise CannotImport(f"its {name} unpacks to {entry.file_size} bytes; the limit is {most_bytes}")
    refuse_bomb(unpacked_bytes=entry.file_size, packed_bytes=entry.compress_size)
    with archive.open(entry) as member:
        content = member.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise CannotImport(f"its {name} declares {entry.file_size} bytes, and has a different number")
    return content


def require_weights(found: Sequence[Array], names: Sequence[str], layer: str) -> list[Array]:
    """The weights of a layer, if they are as many as it has. Raises `CannotImport`."""
    if len(found) != len(names):
        expected = f"{len(names)}: {', '.join(names)}" if names else "none"
        raise CannotImport(f"the layer {shown(layer)} has {len(found)} tensors in {WEIGHTS}; it must have {expected}")
    return [*found]
