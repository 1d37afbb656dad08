"""safetensors: named tensors and a few strings, in a form that holds no code.

The library reads and writes what fits into memory. What is written in pieces has the same bytes, with the order of the
strings settled, which the library leaves to chance.

Source: https://huggingface.co/docs/safetensors, "Format".
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import orjson
import safetensors.numpy
from numpy.typing import NDArray

from steelyard.exports.pieces import PiecewiseTensor, Read

MEDIA_TYPE = "application/vnd.safetensors"
LENGTH_BYTES = 8  # the header's length stands before it, little-endian
ALIGNMENT_BYTES = 8  # the header is padded with spaces, so that the tensors after it are aligned
NAMES = {"bool": "BOOL"}
NAMES |= {f"{kind}{bits}": f"{kind[0].upper()}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)}
NAMES |= {f"float{bits}": f"F{bits}" for bits in (16, 32, 64)}
DTYPES = {name: np.dtype(dtype).newbyteorder("<") for dtype, name in NAMES.items()}


def dump(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None) -> bytes:
    """The tensors as one safetensors file. Equal tensors and metadata give equal bytes."""
    if metadata:
        named = {name: PiecewiseTensor.of(np.asarray(tensor)) for name, tensor in tensors.items()}
        return b"".join(dump_pieces(named, metadata)[1])
    return bytes(safetensors.numpy.save({name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}))


def load(content: bytes) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file."""
    return dict(safetensors.numpy.load(content))


def dump_pieces(tensors: Mapping[str, PiecewiseTensor], metadata: Mapping[str, str]) -> tuple[int, Iterator[bytes]]:
    """The number of bytes of the file with these tensors and strings, and its bytes."""
    # In the library's order: the widest first, so that each is aligned.
    ordered = dict(sorted(tensors.items(), key=lambda item: (-item[1].dtype.itemsize, item[0])))
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))} if metadata else {}
    end = 0
    for name, tensor in ordered.items():
        begin, end = end, end + tensor.nbytes
        header[name] = {
            "dtype": NAMES[tensor.dtype.name],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = orjson.dumps(header)
    text += b" " * (-len(text) % ALIGNMENT_BYTES)

    def pieces() -> Iterator[bytes]:
        yield len(text).to_bytes(LENGTH_BYTES, "little") + text
        for tensor in ordered.values():
            yield from tensor.pieces()

    return LENGTH_BYTES + len(text) + end, pieces()


def load_pieces(reader: Callable[[], Read]) -> dict[str, PiecewiseTensor]:
    """The tensors of a safetensors file, each with a `reader` of its bytes."""
    read = reader()
    length = int.from_bytes(read(0, LENGTH_BYTES), "little")
    header = orjson.loads(read(LENGTH_BYTES, length))
    start = LENGTH_BYTES + length
    return {
        name: PiecewiseTensor(
            tuple(facts["shape"]), DTYPES[facts["dtype"]], _shifted(reader(), start + facts["data_offsets"][0])
        )
        for name, facts in header.items()
        if name != "__metadata__"
    }


def _shifted(read: Read, start: int) -> Read:
    return lambda first, count: read(start + first, count)
