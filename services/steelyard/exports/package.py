"""The zip file of an exported model: the file, `README.md`, `check.py` and `proof.json`."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import orjson

from steelyard.exports.archive import pack
from steelyard.exports.bundle import Format, Input, Limit, ModelBundle, Output

TOLERANCE = 1e-6
MEDIA_TYPE = "application/zip"
RUN = '''

def check(proof):
    """Compare the answers to the rows of the proof with those of the service."""
    labels, values = predict(proof["inputs"])
    expected = np.array(proof["values"], np.float64)
    values = np.asarray(values, np.float64).reshape(expected.shape)
    difference = (np.abs(values - expected) / np.array(proof["sizes"])).max()
    same = sum(label == other for label, other in zip(labels or [], proof["labels"] or []))
    print(f"{len(expected)} rows; the largest difference is {difference:.2g}, at most {proof['tolerance']} is allowed")
    if labels is not None:
        print(f"{same} of {len(labels)} labels are the same")
    return difference <= proof["tolerance"] and (labels is None or same == len(labels))
'''
MAIN = """

if __name__ == "__main__":
    with open("proof.json", encoding="utf-8") as file:
        sys.exit(0 if check(json.load(file)) else 1)
"""
HEAD = '''\
"""Checks that this model answers as the service does. Exits with 0 if it does."""

import json
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
os.chdir(FOLDER)

'''


def write(bundle: ModelBundle, form: Format, proof: dict[str, Any]) -> bytes:
    """The zip file. Raises `CannotExport`."""
    name = form.main_name(bundle)
    if not form.runs:
        proof = proof | {"tensors": {name: _digest(tensor) for name, tensor in bundle.tensors().items()}}
    check = HEAD + form.check.replace("{file}", name)
    return pack(
        {
            **form.packed(bundle),
            "README.md": readme(bundle, form, proof).encode(),
            "check.py": (check + (RUN if form.runs else "") + MAIN).encode(),
            "proof.json": orjson.dumps(proof, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY),
        }
    )


def _digest(tensor: Any) -> str:
    return hashlib.sha256(np.asarray(tensor, tensor.dtype.newbyteorder("<"), order="C").tobytes()).hexdigest()


def readme(bundle: ModelBundle, form: Format, proof: dict[str, Any]) -> str:
    """What is in the zip file, and how to use it."""
    name = form.main_name(bundle)
    parts = [
        f"# Model {bundle.id} as {form.name}",
        f"`{name}` is the model. `python check.py` compares its answers to {len(proof['inputs'])} rows with those of "
        "the service, which are in `proof.json`.",
        "## Use",
        form.usage.replace("{file}", name).strip(),
    ]
    if inputs := form.inputs(bundle):
        parts += ["## Inputs", _table(("name", "type", "column"), inputs)]
    if outputs := form.outputs(bundle):
        parts += ["## Outputs", _table(("name", "type", "shape"), outputs)]
    if bundle.kind == "labels" and bundle.labels:
        parts.append(f"The labels are, in this order: {', '.join(f'`{label}`' for label in bundle.labels)}.")
    parts += ["## What does not travel", _list(form.limits(bundle))]
    if (difference := proof.get("largest_difference")) is not None:
        seen = f"The largest difference between the service and the same steps in float64 is {difference:.2g}"
        parts += ["## Precision", f"{seen} on the rows of the proof."]
    return "\n\n".join(parts) + "\n"


def _table(fields: tuple[str, ...], several: Iterable[Input | Output]) -> str:
    rows = [[_cell(getattr(each, field)) for field in fields] for each in several]
    lines = [[*fields], ["---"] * len(fields), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value or "")
    return text.replace("|", "\\|").replace("\n", " ")


def _list(limits: Iterable[Limit]) -> str:
    lines = [f"- {f'`{each.column}`: ' if each.column else ''}{each.detail}" for each in limits]
    return "\n".join(lines) or "Nothing: the file does all that the service does."
