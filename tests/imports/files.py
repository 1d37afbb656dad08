"""Files of weights for tests, and damage to them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import orjson
from hypothesis import strategies as st

from steelyard.errors import ValidationFailed
from steelyard.imports.contents import CannotImport, Contents
from steelyard.imports.drafting import draft_of
from steelyard.imports.reading import FORMATS as READERS
from steelyard.imports.request import read_request
from steelyard.inference.exporting import export_model
from steelyard.inference.service import Predictor
from steelyard.store.engine import make_engine
from steelyard.store.migration import upgrade
from tests.trained import train_model

DIGEST = "0" * 64
MOST_BYTES = 1 << 20
COLORS = ("red", "blue", "green", None)
ROWS = [
    {"size": number % 7, "color": COLORS[number % 4], "on": f"2026-01-{number % 28 + 1:02}", "y": "abc"[number % 3]}
    for number in range(60)
]
JOB = {"data": {"inline": {"rows": ROWS}, "target": "y"}, "layers": [4], "training": {"epochs": 1}}


def read(path: Path, content: bytes, form: str) -> Contents:
    """What the reader of a format finds, by way of a file, as between the processes."""
    path.write_bytes(content)
    found = READERS[form](str(path), MOST_BYTES).write(str(path) + ".values")
    return Contents.read(str(path) + ".values", orjson.loads(orjson.dumps(found)))


def refusal(path: Path, content: bytes, form: str, model: str | None = None) -> str | None:
    """Why a file is refused; `None` if it makes a model. Anything but a clear refusal is raised."""
    try:
        draft_of(read(path, content, form), read_request(model), DIGEST).build()
    except CannotImport as error:
        return str(error)
    except ValidationFailed as error:
        return error.faults[0].detail
    return None


def weights(*widths: int, seed: int = 0) -> dict[str, Any]:
    """Kernels and biases of dense layers of these widths, by the service's names."""
    draw = np.random.default_rng(seed)
    names = [f"dense_{number}" for number in range(1, len(widths) - 1)] + ["output"]
    found: dict[str, Any] = {}
    for name, inputs, units in zip(names, widths, widths[1:], strict=False):
        found[f"{name}/kernel"] = draw.normal(size=(inputs, units)).astype(np.float32)
        found[f"{name}/bias"] = draw.normal(size=units).astype(np.float32)
    return found


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """The file cut short, or with some bytes changed."""
    places = st.integers(0, len(content) - 1)

    def change(changes: list[tuple[int, int]]) -> bytes:
        changed = bytearray(content)
        for place, value in changes:
            changed[place] = value
        return bytes(changed)

    changed = st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8).map(change)
    return places.map(lambda end: content[:end]) | changed


@cache
def export(form: str) -> bytes:
    """A small trained model of numbers, categories and dates, as the service exports it."""
    with TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/steelyard.db")
        upgrade(engine)
        content = export_model(engine, Predictor(engine), train_model(engine, JOB), form).content
        engine.dispose()
    return content
