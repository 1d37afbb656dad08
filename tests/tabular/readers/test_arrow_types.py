"""Types of Arrow that other programs write."""

from pathlib import Path

import pyarrow as pa
import pytest

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import SteelyardError
from tests.datasets.corpus import (
    ARROW,
    PARQUET,
    arrow,
    odd_types,
    parquet,
    views_of_anything,
)
from tests.datasets.reading import lists, read


def test_types_that_other_programs_write_are_read(readers: Readers, tmp_path: Path) -> None:
    expected = {
        "view": ["x", None, "not as short as to stand in a view itself"],
        "bytes": ["x", None, "é"],
        "uuid": ["00000000-0000-0000-0000-000000000000", None, "00010203-0405-0607-0809-0a0b0c0d0e0f"],
        "duration": [1.5, None, 86_400],
        "time": [60, None, 0],
    }
    assert lists(read(readers, tmp_path, parquet(odd_types().select([*expected])), PARQUET)) == expected
    expected["category"] = ["x", None, "é"]  # pyarrow itself writes no Parquet of such
    assert lists(read(readers, tmp_path, arrow(odd_types()), ARROW)) == expected
    anything = {"a": views_of_anything(), "b": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), views_of_anything())}
    found = lists(read(readers, tmp_path, arrow(pa.table(anything)), ARROW))
    assert found == {"a": expected["view"], "b": expected["view"]}
    in_parts = pa.concat_tables([pa.table(anything).slice(0, 0), pa.table(anything)])
    assert lists(read(readers, tmp_path, arrow(in_parts), ARROW)) == found
    sliced = pa.table(anything).slice(1)
    assert lists(read(readers, tmp_path, arrow(sliced), ARROW)) == {name: found[name][1:] for name in found}


@pytest.mark.parametrize(
    "values", [pa.array([b"\xff"]), pa.array([[1]]), pa.array([(1, 2, 3)], pa.month_day_nano_interval())]
)
def test_a_column_that_is_of_none_of_these_is_named(readers: Readers, tmp_path: Path, values: pa.Array) -> None:
    with pytest.raises(SteelyardError, match="column 'a': its values"):
        read(readers, tmp_path, arrow(pa.table({"a": values})), ARROW)
