"""Mutated files of every format, thrown at the code that reads strangers' files, under its own bounds.

python -m tests.datasets.fuzz MINUTES [FOLDER]

Every file must get an answer that holds together, or a clear refusal; any other exception, a death, a hang and memory
beyond the bound are findings, and are left in FOLDER. atheris (libFuzzer) mutates, led by the coverage of our own
code. It is installed in a separate folder. The seeds are the good files and the corpus of bad ones. Files of weights
are read as imports are, and made into models.
"""

import contextlib
import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import orjson
import pyarrow as pa

from steelyard.tabular import chunks
from steelyard.tabular.readers.options import FORMATS, XLSX, Dialect
from tests.datasets.corpus import (
    ARROW,
    CORPUS,
    CSV,
    JSON,
    NDJSON,
    NPZ,
    PARQUET,
    arrow,
    npz,
    odd_types,
    parquet,
    views_of_anything,
    zipped,
)
from tests.imports import keras_files
from tests.tabular.readers.workbooks import rows, workbook

ATHERIS = "atheris==3.0.0"
TOOLS = Path(".venv/fuzz")
MEMORY_BYTES, MOST_UNPACKED = 2 << 30, 64 << 20
SECONDS_FOR_ONE = 30
MOST_SEED_BYTES = MOST_BYTES = 1 << 16
MOST_WORDS = 1000
READING = "steelyard.imports.reading"
IS_TO_PREDICT = 128  # from this first byte on, some columns are wanted and no others


def plain(content: bytes) -> bytes:
    """The file as it is."""
    return content


def in_zip(content: bytes) -> bytes:
    """The one array of an NPZ file: of a mutated archive the checksums are wrong, and its content is not looked at."""
    return zipped("x.npy", content)


def as_config(content: bytes) -> bytes:
    """A `.keras` file with this configuration, and weights that fit a good one."""
    return keras_files.archive({}, KERAS_WEIGHTS, config_json=content)


def as_weights(content: bytes) -> bytes:
    """A `.keras` file with these weights, whose configuration is good."""
    return keras_files.archive(KERAS_CONFIG, content)


dense, layer = partial(keras_files.layer, "Dense", units=2), keras_files.layer
KERAS_CONFIG = keras_files.functional(
    layer("Rescaling", "r", ["x"], scale=[2.0, 1.0], offset=0.0),
    layer("Embedding", "e", ["u"], input_dim=3, output_dim=2),
    layer("Flatten", "f", ["e"]),
    layer("Concatenate", "c", ["f", "r"]),
    dense("a", ["c"], activation="relu"),
    dense("b", ["a"], use_bias=False),
    layer("Add", "s", ["b", "a"]),
    layer("BatchNormalization", "n", ["s"]),
    dense("y", ["n"], activation="softmax"),
    inputs={"u": 1, "x": 2},
    output="y",
)
NORMAL = [np.ones(2)] * 4
KERAS_WEIGHTS = keras_files.hdf5(
    {
        "embedding": [np.ones((3, 2))],
        "dense": [np.ones((4, 2)), np.ones(2)],
        "dense_1": [np.ones((2, 2))],
        "batch_normalization": NORMAL,
        "dense_2": [np.ones((2, 2)), np.ones(2)],
    }
)
IMPORTED = "import "  # before the format of a file of weights

# How the rest of an input is to be read, by its first byte.
KINDS: tuple[tuple[str, Dialect, Callable[[bytes], bytes]], ...] = (
    ("csv", Dialect(), plain),
    ("csv", Dialect(header=False), plain),
    ("csv", Dialect(encoding="latin-1", delimiter=";", decimal=","), plain),
    ("csv", Dialect(encoding="utf-16"), plain),
    ("csv", Dialect(), gzip.compress),
    ("csv", Dialect(texts=("a",)), plain),
    ("csv", Dialect(delimiter="whitespace", comment="#", skip_rows=1), plain),
    ("csv", Dialect(delimiter="fixed-width"), plain),
    ("xlsx", Dialect(), plain),
    ("zip", Dialect(), plain),
    ("parquet", Dialect(), plain),
    ("parquet", Dialect(texts=("a",)), plain),
    ("arrow", Dialect(), plain),
    ("npz", Dialect(), plain),
    ("npz", Dialect(), in_zip),
    ("json", Dialect(), plain),
    ("ndjson", Dialect(), plain),
    ("import safetensors", Dialect(), plain),
    ("import npz", Dialect(), plain),
    ("import json", Dialect(), plain),
    ("import onnx", Dialect(), plain),
    ("import keras", Dialect(), plain),
    ("import keras", Dialect(), as_config),
    ("import keras", Dialect(), as_weights),
)


def main() -> None:
    """Run libFuzzer until the time is up, again after each finding."""
    minutes = float(sys.argv[1])
    folder = Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp(prefix="sy-fuzz-"))
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    write_seeds(folder / "corpus")
    if not TOOLS.is_dir():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", TOOLS, ATHERIS], check=True)
    settings = {**os.environ, "PYTHONPATH": str(TOOLS), "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    settings["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    end, executions, findings, last = time.monotonic() + 60 * minutes, 0, 0, ""
    while (left := int(end - time.monotonic())) > 0:
        bounds = [f"-max_total_time={left}", f"-timeout={SECONDS_FOR_ONE}", f"-max_len={MOST_BYTES}"]
        bounds += [f"-rss_limit_mb={2 * MEMORY_BYTES >> 20}", f"-artifact_prefix={folder}/", "-print_final_stats=1"]
        command = [sys.executable, "-m", "tests.datasets.fuzz", "--inside", *bounds, str(folder / "corpus")]
        with (folder / "log").open("a+") as log:
            start = log.tell()
            code = subprocess.run(command, env=settings, stderr=log, stdout=log, check=False).returncode
            log.seek(start)
            said = log.read()
        executions += sum(map(int, re.findall(r"number_of_executed_units: (\d+)", said)))
        last = (re.findall(r"cov: \d+ ft: \d+", said) or [last])[-1]
        findings += code != 0
    click.echo(f"{executions} files in {minutes:g} min, {executions / minutes / 60:.0f} a second; {last}")
    click.echo(f"{findings} findings; they and the log are in {folder}")


def write_seeds(folder: Path) -> None:
    """The first files to mutate."""
    good: list[tuple[str, bytes]] = [
        (CSV, b'a,b,c,d\n1,x,2024-01-01,true\n2.5,y,,false\n,"z\nz",2024-01-02,\n'),
        (CSV, "a;b;when\n1,5;né;2024-01-01T10:00:00Z\n2,5;y;2024-01-01 10:00:00\n".encode("latin-1")),
        (CSV, "a\tb\n1\té\n".encode("utf-16")),
        (CSV, b',a,b\n0,1/13/2026 3:05 PM,"1"\n1,"",""\n2, 12/1/2026 , ?\n'),
        (JSON, b'[{"a": "24 Nov 2026", "b": "Nov 5, 2026 10:00+01:00"}, {"a": "5.11.2026", "b": null}]'),
        (CSV, b'# by hand\nsep=;\na b\n1  "x y"\n2   z\n'),
        (CSV, "ответ;a\nДа;1\nНет;2\n".encode("cp1251")),
        (XLSX, workbook({"s": rows(["a", "b"], [1, "07"], [2.5, True])})),
        ("application/zip", zipped("a.csv", b"a,b\n1,2\n")),
        (PARQUET, parquet()),
        (ARROW, arrow()),
        (ARROW, arrow(odd_types())),
        (ARROW, arrow(pa.table({"a": views_of_anything()}))),
        (PARQUET, parquet(odd_types().drop_columns("category"))),
        (NPZ, npz(x=np.arange(6.0).reshape(3, 2), y=np.array(["p", "q", "p"]), feature_names=np.array(["a", "b"]))),
        (JSON, b'[{"a": 1, "b": "x", "c": null}, {"a": 2.5, "b": "y", "c": true}]'),
        (JSON, b'{"x": [[1, 2], [3, 4]], "y": ["p", "q"], "feature_names": ["a", "b"]}'),
        (JSON, b'{"a": {"0": 1, "1": null}, "b": {"0": " x", "1": ""}, "rows": {"1": "9:30", "0": "2:30:15 PM"}}'),
        (JSON, b'{"a ": [1, 2], "b": ["10:00", "11:00:15.5"]}'),
        (NDJSON, b'{"a": 1, "b": "x", "c": "2024-01-01"}\n{"a": null, "b": "y", "c": null}\n'),
    ]
    bad = [(each.media_type, content) for each in CORPUS if len(content := each.make()) < MOST_SEED_BYTES]
    for media_type, content in good + bad:
        for number, (form, _, _) in enumerate(KINDS):
            for first in (number, number + IS_TO_PREDICT):
                if form == FORMATS[media_type]:
                    seed = bytes([first]) + content
                    (folder / hashlib.sha256(seed).hexdigest()).write_bytes(seed)
    from tests.imports.files import export  # not above: what is imported before `run_inside` does not lead atheris
    from tests.imports.test_onnx import network

    weights = [(form, plain, export(form)) for form in ("safetensors", "npz", "json")]
    weights += [("onnx", plain, network()), ("keras", plain, keras_files.small())]
    weights += [("keras", as_config, orjson.dumps(KERAS_CONFIG)), ("keras", as_weights, KERAS_WEIGHTS)]
    for form, wrap, content in weights:
        seed = bytes([KINDS.index((IMPORTED + form, Dialect(), wrap))]) + content
        (folder / hashlib.sha256(seed).hexdigest()).write_bytes(seed)
    for array in (np.arange(6).reshape(3, 2), np.asfortranarray(np.ones((2, 2), ">f4")), np.array([["a", "b"]])):
        member = io.BytesIO()
        np.save(member, array)
        seed = bytes([KINDS.index(("npz", Dialect(), in_zip))]) + member.getvalue()
        (folder / hashlib.sha256(seed).hexdigest()).write_bytes(seed)


def run_inside() -> None:
    """What libFuzzer calls: the reading process's own function, in its own sandbox."""
    import atheris

    ours = ["steelyard.tabular", "steelyard.datasets", "steelyard.imports", "numpy.lib._format_impl"]
    with atheris.instrument_imports(include=ours):
        import steelyard.imports.drafting  # noqa: F401 -- before memory is bounded
        from steelyard.datasets import reader_process, sandbox

    folder = Path(tempfile.mkdtemp(prefix="sy-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    sent, read = folder / "sent", folder / "read"

    def try_one(data: bytes) -> None:
        form, dialect, wrap = KINDS[data[0] % IS_TO_PREDICT % len(KINDS)] if data else KINDS[0]
        wanted = {"a": False, "b": True} if data and data[0] >= IS_TO_PREDICT else None
        sent.write_bytes(wrap(data[1:]))
        order = {"from": str(sent), "to": str(read), "format": form, "max_bytes": MOST_UNPACKED}
        order |= {"dialect": dialect.to_json(), "wanted": wanted, "usual": None}
        if form.startswith(IMPORTED):
            order |= {"format": READING, "usual": {"form": form.removeprefix(IMPORTED)}}
        answer: dict[str, Any] = {}
        for each in reader_process.serve(order):  # of rows, of columns, of every part that is written
            answer |= each
        (check_import if form.startswith(IMPORTED) else check)(answer, read)

    atheris.Setup([sys.argv[0], *sys.argv[2:]], try_one)
    sandbox.enter(memory_bytes=MEMORY_BYTES)
    atheris.Fuzz()


def check(answer: dict[str, Any], read: Path) -> None:
    """That an answer can be sent, and holds together."""
    assert len(orjson.dumps(answer)) > 2
    if "unreadable" in answer:
        assert 0 < len(answer["unreadable"]) < MOST_WORDS, answer
        return
    if "too_large" in answer:
        return
    of_column: dict[int, list[chunks.Part]] = {}
    with read.open("rb") as file:
        for _ in range(0, answer["rows"], chunks.ROWS):
            for place in range(len(answer["columns"])):
                of_column.setdefault(place, []).append(part := chunks.read(file))
                assert part.column == place
        assert not file.read(1)
    for place, fact in enumerate(answer["columns"]):
        values = chunks.join(of_column[place])
        assert len(values.array) == answer["rows"]
        assert int(values.missing.sum()) == fact.get("missing", values.missing.sum())


def check_import(answer: dict[str, Any], read: Path) -> None:
    """That what a file of weights holds becomes a model, or is refused."""
    assert len(orjson.dumps(answer)) > 2
    if "unreadable" in answer:
        assert 0 < len(answer["unreadable"]) < MOST_WORDS, answer
    elif "too_large" not in answer:
        from steelyard.errors import ValidationFailed
        from steelyard.imports.contents import CannotImport, Contents
        from steelyard.imports.drafting import draft_of
        from steelyard.imports.request import ImportRequest

        with contextlib.suppress(CannotImport, ValidationFailed):
            draft_of(Contents.read(str(read), answer["found"]), ImportRequest(), "0" * 64).build()


if __name__ == "__main__":
    run_inside() if sys.argv[1] == "--inside" else main()
