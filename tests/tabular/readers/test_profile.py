"""What is measured of a column."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steelyard.tabular import chunks
from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Describe


def test_numbers_are_counted_and_measured(describe: Describe) -> None:
    generator = np.random.default_rng(1)
    numbers = np.round(generator.normal(size=5000), 2)
    numbers[::7] = np.nan
    numbers[1:3] = 0.0, -0.0
    file = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(numbers, from_pandas=True)}), file)
    fact = describe(file.getvalue(), "parquet")["n"][1]
    series = pd.Series(numbers)
    assert (fact["missing"], fact["distinct"]) == (series.isna().sum(), series.nunique())
    assert (fact["min"], fact["max"]) == (series.min(), series.max())
    np.testing.assert_allclose([fact["mean"], fact["std"]], [series.mean(), series.std(ddof=0)], rtol=1e-12)


def test_numbers_in_single_precision_are_those_of_the_file(describe: Describe) -> None:
    numbers = np.random.default_rng(1).normal(0.1, 1e3, 40_000).astype(np.float32)
    numbers[3:6] = -0.0, np.finfo(np.float32).max, np.finfo(np.float32).tiny
    whole = np.arange(40_000, dtype=np.float32)
    columns = {"n": pa.array(numbers), "w": pa.array(whole), "m": pa.array([None, *numbers[1:]], pa.float32())}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    found = describe(file.getvalue(), "parquet")
    facts = {name: fact for name, (_, fact) in found.items()}
    stored = {name: chunks.join([chunks.cut(0, values, 0)]).array for name, (values, _) in found.items()}
    assert {array.dtype.name for array in stored.values()} == {"float64"}
    expected = {"n": numbers.astype(np.float64), "w": whole.astype(np.float64)}
    for name, values in expected.items():
        assert stored[name].tobytes() == values[: chunks.ROWS].tobytes()
        assert (facts[name]["max"], facts[name]["distinct"]) == (values.max(), len(np.unique(values)))
        np.testing.assert_allclose([facts[name]["mean"], facts[name]["std"]], [values.mean(), values.std()], rtol=1e-12)
    assert facts["m"]["missing"] == 1
    numbers[7] = np.inf
    broken = io.BytesIO()
    pq.write_table(pa.table({"n": numbers}), broken)
    with pytest.raises(Unreadable, match="row 8, column 'n'"):
        describe(broken.getvalue(), "parquet")


def test_strings_and_booleans_are_counted(describe: Describe) -> None:
    facts = {name: fact for name, (_, fact) in describe(b"a,b\nx,true\n,false\ny,\nx,true\n,true\n", "csv").items()}
    assert (facts["a"]["missing"], facts["a"]["distinct"]) == (2, 2)
    assert facts["a"]["top"] == [{"value": "x", "count": 2}, {"value": "y", "count": 1}]
    assert (facts["b"]["missing"], facts["b"]["distinct"], facts["b"]["kind"]) == (1, 2, "boolean")
    assert facts["b"]["top"] == [{"value": True, "count": 3}, {"value": False, "count": 1}]
    for fact in facts.values():
        assert (fact["min"], fact["max"], fact["mean"], fact["std"], fact["guess"]) == (None, None, None, None, None)


@pytest.mark.parametrize("numbers", [[1.0, 2.0, 4.0, None, 31.0], [-1e150, 0.0, 1e150], [5.0, 5.0], [2.0]])
def test_numbers_are_counted_in_bins_from_the_least_to_the_largest(
    describe: Describe, numbers: list[float | None]
) -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(numbers, pa.float64()), "s": pa.array(["a"] * len(numbers))}), file)
    facts = {name: fact for name, (_, fact) in describe(file.getvalue(), "parquet").items()}
    present = np.array([number for number in numbers if number is not None])
    counts = facts["n"]["histogram"]
    assert (len(counts), sum(counts)) == (30, len(present))
    if len(present) > 2:
        assert counts == np.histogram(present, 30)[0].tolist()
    assert "histogram" not in facts["s"]
