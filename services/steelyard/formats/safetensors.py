"""safetensors: named tensors and a few strings, in a form that holds no code.

The library writes; what it leaves to chance, the order of the strings, is settled here.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
import safetensors.numpy
from numpy.typing import NDArray

MEDIA_TYPE = "application/vnd.safetensors"
LENGTH_BYTES = 8  # the header's length stands before it, little-endian
ALIGNMENT_BYTES = 8  # the header is padded with spaces, so that the tensors after it are aligned


def dump(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None) -> bytes:
    """The tensors as one safetensors file. Equal tensors and metadata give equal bytes.

    Source: https://huggingface.co/docs/safetensors, "Format".
    """
    content = safetensors.numpy.save({name: np.asarray(tensor, order="C") for name, tensor in tensors.items()})
    return bytes(_add_metadata(content, metadata) if metadata else content)


def _add_metadata(content: bytes, metadata: Mapping[str, str]) -> bytes:
    # The library keeps metadata in a hash map: the order of two entries changes from one call to the next.
    end = LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES], "little")
    header = {"__metadata__": dict(sorted(metadata.items())), **orjson.loads(content[LENGTH_BYTES:end])}
    text = orjson.dumps(header)
    text += b" " * (-len(text) % ALIGNMENT_BYTES)
    return b"".join([len(text).to_bytes(LENGTH_BYTES, "little"), text, memoryview(content)[end:]])


def load(content: bytes) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file."""
    return dict(safetensors.numpy.load(content))
