"""Reads files of weights in the process that reads untrusted files: `serve` works there."""

from collections.abc import Iterator
from typing import Any

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import Fault, UnreadableData, UnsupportedMediaType, ValidationFailed, pointer, shown
from steelyard.imports.contents import CannotImport, Contents, Read
from steelyard.imports.keras import read_keras
from steelyard.imports.onnx import read_onnx
from steelyard.imports.plain import read_json, read_npz, read_safetensors

FORMATS: dict[str, Read] = {
    "safetensors": read_safetensors,
    "npz": read_npz,
    "json": read_json,
    "onnx": read_onnx,
    "keras": read_keras,
}


def format_of(name: str) -> str:
    """The format of a file by the end of its name. Raises `UnsupportedMediaType`."""
    ending = name.lower().rpartition(".")[2]
    if ending not in FORMATS:
        known = ", ".join(f".{each}" for each in FORMATS)
        raise UnsupportedMediaType(f"the file is {shown(name)}; its name must end with one of {known}")
    return ending


def read_weights(readers: Readers, path: str, form: str, *, max_bytes: int) -> Contents:
    """What the file at `path` holds. Raises `ValidationFailed`, `TooLargeToRead`, `Unavailable`."""
    try:
        with readers.read(path, __name__, max_bytes=max_bytes, usual={"form": form}) as parsed:
            return Contents.read(parsed.path, parsed.found)
    except UnreadableData as error:
        raise ValidationFailed([Fault(pointer("file"), error.detail)]) from None


def serve(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Write the values of the tensors to the file `to`, and answer with everything else."""
    try:
        found = FORMATS[order["usual"]["form"]](order["from"], order["max_bytes"]).write(order["to"])
    except CannotImport as error:
        yield {"unreadable": str(error)}
    except MemoryError:
        yield {"too_large": True}
    else:
        yield {"rows": 0, "found": found, "written": True}
