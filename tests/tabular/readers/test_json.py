"""Files of JSON: rows, columns and arrays, as other programs write them."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from steelyard.tabular.readers.json import read_json
from steelyard.tabular.readers.options import FORMATS
from steelyard.tabular.readers.unreadable import Unreadable
from tests.datasets.corpus import CORPUS, JSON, NDJSON, Bad
from tests.tabular.readers.conftest import Read


def test_columns_of_json_are_read_as_pandas_writes_them(read: Read) -> None:
    frame = pd.DataFrame({"x": [1.5, None, 3], "b": ["x", None, "é"], "rows": [True, False, None]})
    expected = {"x": [1.5, None, 3], "b": ["x", None, "é"], "rows": [True, False, None]}
    contents = [frame.to_json(), frame.to_json(orient="records"), frame.set_index(pd.Index(list("pqr"))).to_json()]
    contents += [
        json.dumps(expected),
        frame.to_json(orient="split"),
        '{"x": {"0": 1.5, "1": null, "2": 3}, "b": {"1": null, "0": "x", "2": "é"}}',
    ]
    for content in contents:
        found = read(content.encode(), FORMATS[JSON])[1]
        assert found == {name: expected[name] for name in found}
        assert {"x", "b"} <= found.keys()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"a": {"0": 1}, "b": {"1": 2}}', "column 'b': it has other rows than 'a'"),
        ('{"a": {"0": 1}, "b": {"0": 2, "1": 2}}', "column 'b': it has other rows than 'a'"),
        ('{"a": [1], "b": []}', "column 'b': it has other rows than 'a'"),
        ('{"a": [1, "x"]}', "row 2, column 'a': is 'x'"),
        ('{"a": [[1]]}', "column 'a': its values are of the type list"),
        ('{"a": [1], "b": {"0": 1}}', "or an object of columns"),
        ('{"a": []}', "no rows"),
        ("{}", "or an object of columns"),
        ('{"columns": ["a"], "data": [[1, 2]]}', "a list of 2"),
        ('{"columns": 3, "data": [[1, 2]]}', "a list of 2"),
        ('{"columns": ["a", "a"], "data": [[1, 2]]}', "the name 'a' is used by two columns"),
        ('{"columns": ["a"], "data": [[1], [1, 2]]}', "row 2, column 'x': it must be a list as long"),
        ('{"columns": ["a"], "data": []}', "or an object of columns"),
        ('{"x": [[1]], "y": [2], "feature_names": ["y"]}', "the name 'y' is used by two columns"),
        ('{"x": [[1], [2]], "y": [[2], 3]}', "row 2, column 'y': it must be a list as long"),
        ('{"x": [[1], [2]], "y": [2, [3]]}', "row 2, column 'y': is [3]"),
    ],
)
def test_json_whose_parts_do_not_go_together_is_refused(read: Read, content: str, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(content.encode(), FORMATS[JSON])
    assert says in str(caught.value)


@pytest.mark.parametrize("bad", [bad for bad in CORPUS if bad.media_type in (JSON, NDJSON)], ids=lambda bad: bad.name)
def test_a_broken_file_is_rejected_with_the_reason(read: Read, bad: Bad) -> None:
    with pytest.raises(Unreadable) as caught:
        read(bad.make(), FORMATS[bad.media_type])
    assert bad.says in str(caught.value)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([2**63 - 1, -(2**63), None], "int64"),
        ([2**63, 1], "double"),
        ([-(2**63) - 1, 1], "double"),
        ([1, 1.5], "double"),
        ([5, 1000], "int64"),
        ([True, None], "bool"),
        (["a", None], "string"),
        ([None, None], "null"),
    ],
)
def test_a_column_of_json_has_the_type_of_its_values(tmp_path: Path, values: list[Any], dtype: str) -> None:
    file = tmp_path / "file"
    file.write_text(json.dumps([{"a": value} for value in values]))
    column = read_json(str(file)).column("a")
    assert str(column.type) == dtype
    assert column.to_pylist() == (
        [None if each is None else float(each) for each in values] if dtype == "double" else values
    )


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ('{"x": [[1, 2], [3, 4]], "y": [5, 6]}', {"x0": [1, 3], "x1": [2, 4], "y": [5, 6]}),
        ('{"x": [[1], [3]], "y": [[5, 7], [6, 8]]}', {"x0": [1, 3], "y0": [5, 6], "y1": [7, 8]}),
        ('{"x": [[1], [3]], "feature_names": ["a"]}', {"a": [1, 3]}),
        ('{"rows": [{"a": 1}, {"b": 2}]}', {"a": [1, None], "b": [None, 2]}),
        ('{"columns": ["a", 7], "data": [[1, 2]], "index": [0]}', {"a": [1], "7": [2]}),
        ('{"rows": [1, 2], "x": [3, 4]}', {"rows": [1, 2], "x": [3, 4]}),
    ],
)
def test_an_object_is_arrays_rows_or_columns(read: Read, content: str, columns: dict[str, list[Any]]) -> None:
    assert read(content, "json")[1] == columns


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"x": [[1], [2]], "y": [1]}', "y must be a list with a value for each of the 2 rows of x"),
        ('{"x": [[1], [2]], "y": 3}', "y must be a list with a value"),
        ('{"x": [[1], [2]], "y": "ab"}', "y must be a list with a value"),
        ('{"rows": []}', "it must be a list of objects"),
        ('[{"a": 1}, 2]', "row 2: is 2; it must be an object"),
        ("3", "it must be a list of objects"),
        ('{"data": [{"a": 1}]}', "its rows are under 'data'; send that list alone, or as {\"rows\": […]}"),
        ('[{"a": 1}, {"a": {"b": 1}}]', "row 2, column 'a': is {'b': 1}, but the column holds numbers"),
        ('[{"a": {"b": 1}}]', 'leave it out with columns={"a": {"type": "ignore"}}'),
        (" ", "it is empty"),
    ],
)
def test_other_forms_are_explained(read: Read, content: str, says: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(content, "json")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("json", '[{"a": 1, "b": {"c": 2}, "d": [3]}, {"a": 4, "b": null, "d": []}]'),
        ("ndjson", '{"a": 1, "b": {"c": 2}, "d": [3]}\n{"a": 4, "b": null, "d": []}\n'),
    ],
)
def test_lists_and_objects_may_be_ignored(read: Read, form: str, content: str) -> None:
    columns = {"b": {"type": "ignore"}, "d": {"type": "ignore"}}
    assert read(content, form, columns=columns)[1] == {"a": [1, 4], "b": [None, None], "d": [None, None]}
