"""The same row gives the same inputs of the network, to the bit, in whatever format it is sent."""

import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.datasets.library import Upload
from steelyard.datasets.reader_pool import Readers
from steelyard.inference.batch_request import read_batch
from steelyard.inference.batches import BatchPlan
from steelyard.inference.rows import read_inputs, read_table
from steelyard.inference.service import Loaded, Predictor
from steelyard.nn.layers.dense import Dense
from steelyard.nn.losses import LOSSES
from steelyard.nn.network import Network
from steelyard.store.engine import make_engine
from steelyard.tabular.column import Column
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.readers.options import FORMATS, Dialect
from steelyard.tabular.readers.read import Options, open_file
from steelyard.tabular.table import Table
from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.registry import type_from_json
from steelyard.tabular.types.time_of_day import TimeOfDay

TYPES: dict[str, ColumnType] = {
    "age": Number(missing=("n/k", -999.0)),
    "size": Number(),
    "city": Category(missing=("NA",)),
    "open": Boolean(),
    "when": Datetime(day_first=True),
    "at": TimeOfDay(),
}
TRAINED: dict[str, list[Any]] = {
    "age": [1.0, 40.0, None],
    "size": [0.5, 2.0, None],
    "city": ["Oslo", "Rome", None],
    "open": [True, False, None],
    "when": ["2026-11-24", "24/12/2026", None],
    "at": ["9:30", "14:30:15", None],
}
COLUMNS = {name: Column.of(kind, kind.read_list(TRAINED[name])) for name, kind in TYPES.items()}
ENCODER = Encoder.from_json(
    json.loads(json.dumps(Encoder.fit(COLUMNS, np.arange(3), EncoderOptions(missing_indicator=True)).to_json()))
)
WANTED = {name: kind.reads_strings for name, kind in ENCODER.features.items()}
ROW = st.fixed_dictionaries(
    {
        "age": st.none() | st.integers(-1000, 1000) | st.just(-999),
        "size": st.none() | st.floats(-1e6, 1e6),
        "city": st.none() | st.sampled_from(["Oslo", "Rome", "Bern", "NA", "N/A", "Köln"]),
        "open": st.none() | st.booleans(),
        "when": st.none() | st.sampled_from(["2026-11-24", "05/11/2026", "5 Nov 2026", "2026-11-24T10:00:00Z"]),
        "at": st.none() | st.sampled_from(["9:30", "14:30:15.5", "2:30 PM"]),
    },
    optional={"id": st.integers(0, 9), "note": st.sampled_from(["x", "=y"])},
)


def read(path: Path, form: str) -> Table:
    with open_file(str(path), Options(form, 1 << 30, wanted=WANTED)) as source:
        columns = {}
        for values, facts in source.columns:
            columns[facts["name"]] = Column.of(type_from_json(facts["schema"]), values)
        return Table(columns, source.rows)


def files(rows: list[dict[str, Any]]) -> Iterator[tuple[str, bytes]]:
    names = [*dict.fromkeys(name for row in rows for name in row)]
    records = [{name: row.get(name) for name in names} for row in rows]
    frame = pd.DataFrame(records, columns=names, dtype=object)
    yield "csv", frame.to_csv(index=False).encode()
    yield "csv", frame.to_csv(index=False, sep=";").encode()
    yield "ndjson", "\n".join(json.dumps(record) for record in records).encode()
    yield "json", json.dumps(records).encode()
    table = pa.table({name: [record[name] for record in records] for name in names})
    parquet, arrow = io.BytesIO(), io.BytesIO()
    pq.write_table(table, parquet)
    yield "parquet", parquet.getvalue()
    with pa.ipc.new_stream(arrow, table.schema) as stream:
        stream.write_table(table)
    yield "arrow", arrow.getvalue()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=4))
def test_a_row_is_the_same_in_every_format(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    expected = read_inputs({"inputs": rows}, ENCODER, np.float32)
    assert {*expected.columns.ignored} == {name for row in rows for name in row} - {*TYPES}
    for form, content in files(rows):
        path = tmp_path / "file"
        path.write_bytes(content)
        assert read_table(read(path, form), ENCODER, np.float32).tobytes() == expected.x.tobytes(), form


@settings(max_examples=40)
@given(rows=st.lists(ROW, min_size=1, max_size=4), data=st.data())
def test_a_row_is_the_same_as_a_list_and_without_the_keys_of_missing_values(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    expected = read_inputs({"inputs": rows}, ENCODER, np.float32).x
    lists = [[row[name] for name in TYPES] for row in rows]
    assert read_inputs({"inputs": lists}, ENCODER, np.float32).x.tobytes() == expected.tobytes()
    few = [{name: value for name, value in row.items() if value is not None} for row in rows]
    if all({*row} & {*TYPES} for row in few):
        assert read_inputs({"inputs": few}, ENCODER, np.float32).x.tobytes() == expected.tobytes()
    order = data.draw(st.permutations([*TYPES]))
    shuffled = [{name: row[name] for name in order} for row in rows]
    assert read_inputs({"inputs": shuffled}, ENCODER, np.float32).x.tobytes() == expected.tobytes()


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Engine]:
    """A database that all examples share."""
    path = tmp_path_factory.mktemp("formats") / "steelyard.db"
    shutil.copy(migrated_sqlite, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """Processes that read."""
    readers = Readers(memory_bytes=2 << 30)
    yield readers
    readers.stop()


class OneModel(Predictor):
    """Has one model, which takes the columns of `TYPES`, under any name."""

    def get(self, reference: str) -> tuple[str, Loaded]:
        """The model."""
        network = Network([Dense(1)], inputs=ENCODER.layout.width)
        return reference, Loaded(network, None, LOSSES["mse"](), ENCODER, None)


def store(engine: Engine, readers: Readers, path: Path, form: str, content: bytes) -> str:
    path.write_bytes(content)
    media_type = next(media_type for media_type, each in FORMATS.items() if each == form)
    upload = Upload(None, media_type, Dialect(), hashlib.sha256(content).hexdigest(), len(content))
    if (found := library.find(engine, upload)) is None:
        with readers.read(str(path), form, max_bytes=1 << 30) as parsed:
            found = library.keep(engine, upload, io.BytesIO(content), parsed)
    return found.id


def batch_of(engine: Engine, data: dict[str, Any]) -> BatchPlan:
    return read_batch({"data": data}, "mdl_1", OneModel(engine), engine, webhook_networks=())


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROW, min_size=1, max_size=4),
    dropped=st.sets(st.sampled_from([*TYPES]), max_size=2),
    data=st.data(),
)
def test_a_row_of_a_stored_data_set_or_a_batch_is_the_same_with_the_same_columns_listed(
    sqlite: Engine,
    readers: Readers,
    tmp_path: Path,
    rows: list[dict[str, Any]],
    dropped: set[str],
    data: st.DataObject,
) -> None:
    rows = [{name: value for name, value in row.items() if name not in dropped} for row in rows]
    order = data.draw(st.permutations([*dict.fromkeys(name for row in rows for name in row)]))
    rows = [{name: row[name] for name in order if name in row} for row in rows]
    expected = read_inputs({"inputs": rows}, ENCODER, np.float32)
    assert batch_of(sqlite, {"inline": {"rows": rows}}).columns == expected.columns
    for form, content in files(rows):
        dataset = store(sqlite, readers, tmp_path / "file", form, content)
        plan = batch_of(sqlite, {"dataset": dataset})
        assert (plan.rows, {*plan.columns.ignored}) == (len(rows), {*expected.columns.ignored}), form
        assert plan.columns.missing == expected.columns.missing, form
        table = library.load_part(sqlite, dataset, [*TYPES], 0)
        assert read_table(table, ENCODER, np.float32).tobytes() == expected.x.tobytes(), form


@pytest.mark.parametrize("value", ["n/k", "-", "N/A", " ", "-999", "-999.0"])
def test_a_marker_is_missing_in_every_format(tmp_path: Path, value: str) -> None:
    rows = [{"age": value, "size": 1.0}, {"age": "7", "size": 2.0}]
    expected = read_inputs({"inputs": [{"age": None, "size": 1.0}, {"age": 7, "size": 2.0}]}, ENCODER, np.float32).x
    assert read_inputs({"inputs": rows}, ENCODER, np.float32).x.tobytes() == expected.tobytes()
    for form, content in files(rows):
        path = tmp_path / "file"
        path.write_bytes(content)
        assert read_table(read(path, form), ENCODER, np.float32).tobytes() == expected.tobytes(), form
