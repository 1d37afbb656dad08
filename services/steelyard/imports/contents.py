"""What a file of weights holds, as the process that reads files hands it over."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import shown

Array = NDArray[Any]
DTYPES = ("float32", "float64")
MOST_TENSORS = 10_000


class CannotImport(Exception):
    """Why a file cannot become a model, in words for its sender."""


@dataclass(frozen=True)
class Contents:
    """Named tensors, and what the file says about them.

    `manifest` is the text that an export of this service has. `network` has `layers` and `output` of a file that
    describes its network, such as ONNX; of Keras also `columns`, `scaling`, `target_scaling` and `ensemble`. `notes`
    say what was changed to read it.
    """

    tensors: Mapping[str, Array]
    manifest: str | None = None
    network: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()

    def write(self, path: str) -> dict[str, Any]:
        """Write the values to a file, and return everything else. Raises `CannotImport`."""
        if len(self.tensors) > MOST_TENSORS:
            raise CannotImport(f"it has {len(self.tensors)} tensors; the limit is {MOST_TENSORS}")
        facts, converted = [], Counter[tuple[str, str]]()
        with Path(path).open("wb") as file:
            for name, tensor in self.tensors.items():
                values = as_floats(name, tensor)
                if values.dtype.name != tensor.dtype.name and tensor.ndim:  # counts are no weights
                    converted[tensor.dtype.name, values.dtype.name] += 1
                file.write(np.asarray(values, values.dtype.newbyteorder("<"), order="C").tobytes())
                facts.append({"name": name, "dtype": values.dtype.name, "shape": [*values.shape]})
        notes = [
            f"{count} tensor{'s were' if count > 1 else ' was'} converted from {before} to {after}"
            for (before, after), count in converted.items()
        ]
        return {"manifest": self.manifest, "network": self.network, "tensors": facts, "notes": notes}

    @classmethod
    def read(cls, path: str, found: dict[str, Any]) -> "Contents":
        """What `write` wrote and returned."""
        tensors = {}
        with Path(path).open("rb") as file:
            for fact in found["tensors"]:
                dtype = np.dtype(fact["dtype"])
                count = int(np.prod(fact["shape"], dtype=np.int64))
                content = file.read(count * dtype.itemsize)
                tensors[fact["name"]] = np.frombuffer(content, dtype.newbyteorder("<")).reshape(fact["shape"])
        return cls(tensors, found["manifest"], found["network"], tuple(found["notes"]))


def as_floats(name: str, tensor: Array) -> Array:
    """The tensor as float32 or float64; of other numbers, without loss. Raises `CannotImport`."""
    if tensor.dtype.kind not in "biuf" or tensor.dtype.itemsize > 8:
        raise CannotImport(f"the tensor {shown(name)} is of the type {tensor.dtype}; it must be float32 or float64")
    if tensor.dtype.name in DTYPES:
        return tensor
    return tensor.astype(np.float32 if tensor.dtype.itemsize <= 2 else np.float64)


Read = Callable[[str, int], Contents]  # the file at a path, which may unpack to so many bytes
