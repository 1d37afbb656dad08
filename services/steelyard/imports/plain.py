"""Files of named tensors: safetensors, NumPy's `.npz`, and the JSON of an export. Nothing in them is executed."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from safetensors import SafetensorError, safe_open

from steelyard.documents.strict_json import read_document
from steelyard.errors import SteelyardError, shown
from steelyard.exports.plain import MANIFEST
from steelyard.imports.contents import DTYPES, MOST_TENSORS, Array, CannotImport, Contents
from steelyard.tabular.readers.npz import BROKEN, read_array
from steelyard.tabular.readers.unreadable import Unreadable

NUMBERS = ("BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "F16", "F32", "F64")  # of safetensors


def read_safetensors(path: str, _: int) -> Contents:
    """A safetensors file, which is as large as its tensors. Raises `CannotImport`."""
    try:
        with safe_open(path, "np") as file:
            metadata, names = file.metadata() or {}, list(file.keys())
            if len(names) > MOST_TENSORS:
                raise CannotImport(f"it has {len(names)} tensors; the limit is {MOST_TENSORS}")
            tensors = {name: _tensor(file, name) for name in names}
    except (SafetensorError, OSError, ValueError) as error:
        raise CannotImport(f"it is not a valid safetensors file: {str(error)[:200]}") from None
    return Contents(tensors, metadata.get(MANIFEST))


def _tensor(file: Any, name: str) -> Array:
    kind = file.get_slice(name).get_dtype()
    if kind not in NUMBERS:  # bfloat16 and 8-bit floats, which NumPy has only where a library adds them
        called = {"BF16": "bfloat16"}.get(kind, kind)
        raise CannotImport(f"the tensor {shown(name)} is of the type {called}; save it as float32 or float64")
    tensor: Array = file.get_tensor(name)
    return tensor


def read_npz(path: str, most_bytes: int) -> Contents:
    """NumPy's file of several arrays. Nothing is unpickled. Raises `CannotImport`."""
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
            if len(entries) > MOST_TENSORS:
                raise CannotImport(f"it has {len(entries)} arrays; the limit is {MOST_TENSORS}")
            tensors: dict[str, Array] = {}
            left = most_bytes
            for entry in entries:
                name = entry.filename.removesuffix(".npy")
                tensors[name] = read_array(file, entry, left)
                left -= tensors[name].nbytes
    except Unreadable as fault:
        raise CannotImport(fault.detail) from None
    except BROKEN as error:
        raise CannotImport(f"it is not a valid NPZ file: {str(error)[:200]}") from None
    text = tensors.pop(MANIFEST, None)
    return Contents(tensors, None if text is None else _text(text))


def _text(values: Array) -> str:
    try:
        return bytes(values.astype(np.uint8, casting="equiv")).decode()
    except (TypeError, UnicodeDecodeError):
        raise CannotImport("the array 'manifest' is not the bytes of a text") from None


def read_json(path: str, most_bytes: int) -> Contents:
    """The JSON of an export. Raises `CannotImport`."""
    try:
        document = read_document(Path(path).read_bytes(), most_bytes=16 * most_bytes)
    except SteelyardError as error:
        raise CannotImport(f"it is not valid JSON: {error.detail}") from None
    tensors = document.get("tensors") if isinstance(document, dict) else None
    if not isinstance(tensors, dict) or not {MANIFEST, "preprocessing"} <= document.keys():
        raise CannotImport("it is not an export in format json: it needs 'manifest', 'preprocessing' and 'tensors'")
    text = orjson.dumps({key: document[key] for key in (MANIFEST, "preprocessing")}).decode()
    return Contents({name: _values(name, each) for name, each in tensors.items()}, text)


def _values(name: str, document: Any) -> Array:
    match document:
        case {"dtype": str(dtype), "shape": list(shape), "values": list(values)} if dtype in DTYPES:
            try:
                tensor = np.array(values, np.float64).astype(dtype)
            except (TypeError, ValueError, OverflowError):
                raise CannotImport(f"the tensor {shown(name)} must have nested lists of numbers as values") from None
            if [*tensor.shape] == shape:
                return tensor
            raise CannotImport(
                f"the tensor {shown(name)} states the shape {shape}, and its values have {[*tensor.shape]}"
            )
    raise CannotImport(f"the tensor {shown(name)} must have 'dtype' (float32 or float64), 'shape' and 'values'")
