"""The weights by name with the model's manifest: as safetensors, as NumPy's `.npz`, and as JSON.

These hold every model, as they compute nothing. The preprocessing is part of the manifest.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from steelyard.exports import npz, safetensors
from steelyard.exports.bundle import Format, Input, Limit, ModelBundle, Output
from steelyard.exports.nested import to_lists
from steelyard.exports.pieces import PiecewiseTensor
from steelyard.exports.refusal import CannotExport

MANIFEST = "manifest"
MOST_WEIGHTS_AS_TEXT = 2_000_000  # 20 MB of digits, all of them in memory


def require_few_weights(bundle: ModelBundle) -> None:
    """Raise `CannotExport` for a model that is too large to be written as text."""
    if bundle.network.size > MOST_WEIGHTS_AS_TEXT:
        detail = f"the model has {bundle.network.size} weights; as text it can have at most {MOST_WEIGHTS_AS_TEXT}"
        raise CannotExport(f"{detail}; export it as safetensors, npz, onnx, keras or torch")


def manifest_of(bundle: ModelBundle) -> dict[str, Any]:
    """The model without its weights."""
    return {"model": bundle.id, "manifest": bundle.manifest, "preprocessing": bundle.stored_preprocessing}


def write_safetensors(bundle: ModelBundle) -> bytes:
    """The weights, with the manifest as JSON in the metadata."""
    text = orjson.dumps(manifest_of(bundle)).decode()
    return safetensors.dump(bundle.tensors(), {"format": "steelyard", MANIFEST: text})


def write_npz(bundle: ModelBundle) -> bytes:
    """The weights, and the manifest as the bytes of its JSON."""
    text = np.frombuffer(orjson.dumps(manifest_of(bundle)), np.uint8)
    tensors = {**bundle.tensors(), MANIFEST: text}
    return b"".join(npz.dump_npz({name: PiecewiseTensor.of(tensor) for name, tensor in tensors.items()}))


def document(bundle: ModelBundle) -> dict[str, Any]:
    """The manifest, and the weights as nested lists. Raises `CannotExport`."""
    require_few_weights(bundle)
    tensors = {
        name: {"dtype": tensor.dtype.name, "shape": [*tensor.shape], "values": to_lists(tensor)}
        for name, tensor in bundle.tensors().items()
    }
    return manifest_of(bundle) | {"tensors": tensors}


def _nothing(bundle: ModelBundle) -> list[Any]:  # noqa: ARG001 -- as all formats have it
    return []


def _inputs(bundle: ModelBundle) -> list[Input]:
    return _nothing(bundle)


def _outputs(bundle: ModelBundle) -> list[Output]:
    return _nothing(bundle)


def _limits(bundle: ModelBundle) -> Iterator[Limit]:  # noqa: ARG001 -- as all formats have it
    yield Limit("the file holds the weights and the description of the preprocessing, and computes nothing")


CHECK = '''\
import hashlib

import numpy as np

{load}


def check(proof):
    """Compare each tensor with the SHA-256 of the one in the service."""
    tensors = load()
    names = proof["tensors"]
    wrong = [name for name, digest in names.items() if hashlib.sha256(_bytes(tensors[name])).hexdigest() != digest]
    print(f"{len(names) - len(wrong)} of {len(names)} tensors are the same")
    return not wrong


def _bytes(tensor):
    return np.asarray(tensor, tensor.dtype.newbyteorder("<"), order="C").tobytes()
'''
LOAD_SAFETENSORS = """\
from safetensors.numpy import load_file


def load():
    return load_file("{file}")"""
LOAD_NPZ = """\
def load():
    return np.load("{file}")"""
LOAD_JSON = """\
import json
from pathlib import Path


def load():
    tensors = json.loads(Path("{file}").read_text())["tensors"]
    return {name: np.array(each["values"], each["dtype"]).reshape(each["shape"]) for name, each in tensors.items()}"""


def _format(name: str, media_type: str, suffix: str, write: Any, load: str, note: str) -> Format:
    usage = f"```python\n{CHECK.split(chr(10))[2]}\n\n{load}\n```\n\n{note}\n"
    check = CHECK.replace("{load}", load)
    return Format(name, media_type, suffix, write, _inputs, _outputs, _limits, check, usage, runs=False)


SAFETENSORS = _format(
    "safetensors",
    safetensors.MEDIA_TYPE,
    ".safetensors",
    write_safetensors,
    LOAD_SAFETENSORS,
    "The manifest is JSON in the metadata under `manifest`.",
)
NPZ = _format(
    "npz",
    npz.NPZ_MEDIA_TYPE,
    ".npz",
    write_npz,
    LOAD_NPZ,
    'The manifest is the array `manifest`: `json.loads(bytes(np.load("{file}")["manifest"]))`.',
)
JSON = _format(
    "json",
    "application/json",
    ".json",
    lambda bundle: orjson.dumps({"object": "export", "format": "json"} | document(bundle)),
    LOAD_JSON,
    "The manifest is the member `manifest`.",
)
