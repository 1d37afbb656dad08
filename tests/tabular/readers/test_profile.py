"""What is measured of a column."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import SteelyardError
from steelyard.tabular.table import stack
from tests.datasets.corpus import (
    PARQUET,
)
from tests.datasets.reading import MAX_BYTES, read


def test_numbers_are_counted_and_measured(readers: Readers, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    numbers = np.round(generator.normal(size=5000), 2)
    numbers[::7] = np.nan
    numbers[1:3] = 0.0, -0.0
    file = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(numbers, from_pandas=True)}), file)
    path = tmp_path / "file"
    path.write_bytes(file.getvalue())
    with readers.read(str(path), "parquet", max_bytes=MAX_BYTES) as parsed:
        [fact] = parsed.columns
    series = pd.Series(numbers)
    assert (fact["missing"], fact["distinct"]) == (series.isna().sum(), series.nunique())
    assert (fact["min"], fact["max"]) == (series.min(), series.max())
    np.testing.assert_allclose([fact["mean"], fact["std"]], [series.mean(), series.std(ddof=0)], rtol=1e-12)


def test_numbers_in_single_precision_are_those_of_the_file(readers: Readers, tmp_path: Path) -> None:
    numbers = np.random.default_rng(1).normal(0.1, 1e3, 40_000).astype(np.float32)
    numbers[3:6] = -0.0, np.finfo(np.float32).max, np.finfo(np.float32).tiny
    whole = np.arange(40_000, dtype=np.float32)
    columns = {"n": pa.array(numbers), "w": pa.array(whole), "m": pa.array([None, *numbers[1:]], pa.float32())}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    path = tmp_path / "file"
    path.write_bytes(file.getvalue())
    with readers.read(str(path), "parquet", max_bytes=MAX_BYTES) as parsed:
        facts = {fact["name"]: fact for fact in parsed.columns}
        table = stack([*parsed.tables()])
    assert {column.values.array.dtype.name for column in table.columns.values()} == {"float64"}
    expected = {"n": numbers.astype(np.float64), "w": whole.astype(np.float64)}
    for name, values in expected.items():
        assert table.columns[name].values.array.tobytes() == values.tobytes()
        assert (facts[name]["max"], facts[name]["distinct"]) == (values.max(), len(np.unique(values)))
        np.testing.assert_allclose([facts[name]["mean"], facts[name]["std"]], [values.mean(), values.std()], rtol=1e-12)
    assert facts["m"]["missing"] == 1
    numbers[7] = np.inf
    pq.write_table(pa.table({"n": numbers}), path)
    with pytest.raises(SteelyardError, match="row 8, column 'n'"):
        read(readers, tmp_path, path.read_bytes(), PARQUET)
