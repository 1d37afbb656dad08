"""How a file is written can be stated, in its Content-Type or as options, for data sets and for predictions alike."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from steelyard.errors import InvalidRequest, UnsupportedMediaType, ValidationFailed
from steelyard.http.uploads import OF_ROWS, READING, read_dialect, receive, require_name, require_no_options
from steelyard.tabular.readers.options import WHITESPACE, Dialect
from tests.conftest import wait_for
from tests.tabular.readers.workbooks import rows, workbook

CONTENT = b"a,b\n1,2\n"
RUSSIAN = "ответ;a\nДа;1\nНет;2\n"


def send(client: FlaskClient, content: bytes | str, content_type: str = "text/csv", **query: Any) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post("/v1/datasets", data=data, content_type=content_type, query_string=query)


def read_rows(client: FlaskClient, answer: Any) -> Any:
    assert answer.status_code == 201, answer.text
    return client.get(f"{answer.headers['Location']}/rows").json["data"]


def dialect(**given: Any) -> Dialect:
    """What `read_dialect` makes of a query with these options."""
    return read_dialect(**{query.name: query.default for query in READING} | given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Dialect()),
        ({"delimiter": ";", "quote": "'", "decimal": ",", "comment": "#"}, Dialect(";", "'", "", ",", comment="#")),
        ({"delimiter": WHITESPACE}, Dialect(WHITESPACE)),
        ({"encoding": "windows-1252"}, Dialect(encoding="cp1252")),
        ({"header": False}, Dialect(header=False)),
        ({"header": 3}, Dialect(skip_rows=2)),
        ({"header": 3, "skip_rows": 4}, Dialect(skip_rows=6)),
        ({"header": False, "skip_rows": 4}, Dialect(header=False, skip_rows=4)),
        ({"texts": " a ,b"}, Dialect(texts=("a", "b"))),
        ({"columns": '{"a": {"type": "category"}}'}, Dialect(columns={"a": {"type": "category"}})),
    ],
)
def test_options_become_a_dialect(given: dict[str, Any], expected: Dialect) -> None:
    assert dialect(**given) == expected


@pytest.mark.parametrize(
    ("given", "parameters", "words"),
    [
        ({"delimiter": ";;", "quote": "é"}, ["delimiter", "quote"], "it must be one ASCII character"),
        ({"comment": "\n"}, ["comment"], "one ASCII character"),
        ({"quote": ""}, ["quote"], "is empty"),
        ({"columns": "{"}, ["columns"], "is not valid JSON"),
        ({"columns": '{"a": {"type": "numbr"}}'}, ["columns"], "/a/type: is 'numbr'"),
        ({"columns": "[]"}, ["columns"], "is []"),
    ],
)
def test_options_that_cannot_be_are_named(given: dict[str, Any], parameters: list[str], words: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        dialect(**given)
    assert [fault.parameter for fault in caught.value.faults] == parameters
    assert words in caught.value.faults[0].detail


def test_options_of_files_are_rejected_beside_json_unless_they_are_the_defaults() -> None:
    defaults = {query.name: query.default for query in OF_ROWS}
    require_no_options(**defaults)
    with pytest.raises(ValidationFailed) as caught:
        require_no_options(**defaults | {"decimal": ",", "skip_rows": 1})
    assert [fault.parameter for fault in caught.value.faults] == ["decimal", "skip_rows"]


@pytest.mark.parametrize(
    ("part", "filename", "media_type"),
    [
        ("text/csv", "a.parquet", "text/csv"),  # a Content-Type that is known counts more than the name
        ("application/octet-stream", "a.PARQUET", "application/vnd.apache.parquet"),
        ("application/octet-stream", "a.csv.gz", "text/csv"),
        ("", "dir/data.tsv", "text/csv"),
        ("application/octet-stream", "a.json.zip", "application/zip"),
    ],
)
def test_a_part_of_a_form_is_what_its_type_or_its_name_says(
    bare: Flask, part: str, filename: str, media_type: str
) -> None:
    form = {"file": (io.BytesIO(CONTENT), filename, part)}
    with bare.test_request_context("/", method="POST", data=form), receive(1 << 20) as sent:
        assert (sent.media_type, sent.name) == (media_type, Path(filename).name)
        assert (sent.bytes, sent.digest()) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
        assert Path(sent.path).read_bytes() == CONTENT


def test_a_name_in_the_form_wins_over_that_of_the_file(bare: Flask) -> None:
    form = {"file": (io.BytesIO(CONTENT), "a.csv"), "name": "mine"}
    with bare.test_request_context("/", method="POST", data=form), receive(1 << 20) as sent:
        assert sent.name == "mine"


@pytest.mark.parametrize(
    ("form", "error", "words"),
    [
        ({"name": "x"}, ValidationFailed, "/file: is missing"),
        ({"file": (io.BytesIO(b"a"), "a.csv"), "nme": "x"}, ValidationFailed, "/nme: is not a known field"),
        ({"file": (io.BytesIO(b"a"), "a.docx")}, UnsupportedMediaType, "the file is 'a.docx'"),
    ],
)
def test_a_form_without_a_file_that_can_be_read_is_rejected(
    bare: Flask, form: dict[str, Any], error: type[Exception], words: str
) -> None:
    with (
        bare.test_request_context("/", method="POST", data=form, content_type="multipart/form-data"),
        pytest.raises(error, match=words),
        receive(1 << 20),
    ):
        pass


def test_a_body_is_on_disk_as_long_as_it_is_used(bare: Flask) -> None:
    with bare.test_request_context("/", method="POST", data=CONTENT, content_type="text/csv; charset=latin1"):
        with receive(1 << 20) as sent:
            assert Path(sent.path).read_bytes() == CONTENT
            assert sent.name is None
            assert sent.dialect(Dialect()).encoding == sent.dialect(Dialect(decimal=",")).encoding == "latin-1"
            assert sent.dialect(Dialect(encoding="koi8-r")).encoding == "koi8-r"
        wait_for(lambda: sent.file.closed)  # a thread closes it
    with (
        bare.test_request_context("/", method="POST", data=CONTENT, content_type="image/png"),
        pytest.raises(UnsupportedMediaType, match="the Content-Type is image/png; it must be one of"),
        receive(1 << 20),
    ):
        pass


def test_a_name_must_fit_into_the_database() -> None:
    assert require_name(None) is None
    assert require_name("x" * 200) == "x" * 200
    for name in ("x" * 201, "a\0b"):
        with pytest.raises(InvalidRequest, match="at most 200 characters"):
            require_name(name)


@pytest.mark.parametrize("content_type", ["text/csv; charset=windows-1251", 'text/csv; charset="CP1251"'])
def test_the_charset_of_the_content_type_is_honored(client: FlaskClient, content_type: str) -> None:
    answer = send(client, RUSSIAN.encode("cp1251"), content_type)
    assert read_rows(client, answer) == [{"ответ": "Да", "a": 1}, {"ответ": "Нет", "a": 2}]
    assert answer.json["read_as"]["encoding"] == "cp1251"


@pytest.mark.parametrize(
    ("content_type", "status", "says"),
    [
        ("text/csv; charset=utf-8", 400, "byte 0 (0xee) is not UTF-8"),
        ("text/csv; charset=gb2312", 400, "GB18030"),
        ("text/csv; charset=klingon", 415, "charset 'klingon' is not supported"),
        ("application/x-ndjson; charset=cp1251", 415, "must be UTF-8"),
    ],
)
def test_a_charset_that_is_wrong_is_rejected(client: FlaskClient, content_type: str, status: int, says: str) -> None:
    answer = send(client, RUSSIAN.encode("cp1251") + b"\xff\xff;3\n", content_type)
    assert answer.status_code == status
    assert says in answer.json["detail"]


def test_an_option_wins_over_the_charset_and_is_another_data_set(client: FlaskClient) -> None:
    content = "x;a\nЯ;1\nЖ;2\n".encode("cp1251")
    stated = send(client, content, "text/csv; charset=cp1251")
    other = send(client, content, "text/csv; charset=cp1251", encoding="koi8-r")
    assert (read_rows(client, stated)[0]["x"], read_rows(client, other)[0]["x"]) == ("Я", "ъ")


@pytest.mark.parametrize(
    ("content", "query", "expected"),
    [
        ("Report\n\na,b\n1,2\n", {"header": "3"}, [{"a": 1, "b": 2}]),
        ("Report\n\na,b\n1,2\n", {"skip_rows": "2"}, [{"a": 1, "b": 2}]),
        ("Report\na,b\n1,2\n", {"skip_rows": "2", "header": "false"}, [{"x0": 1, "x1": 2}]),
        ("a,b\n1,2\n! gone\n3,4\n", {"comment": "!"}, [{"a": 1, "b": 2}, {"a": 3, "b": 4}]),
        ("a,b c\nx,2 3\n", {"delimiter": "whitespace"}, [{"a,b": "x,2", "c": 3}]),
        ("a  b\n1 2x3\n", {"delimiter": "fixed-width"}, [{"a": 1, "b": "2x3"}]),
        ("п,b\nч,2\n".encode("cp866"), {"encoding": "cp866"}, [{"п": "ч", "b": 2}]),
    ],
)
def test_options_say_how_a_file_is_written(
    client: FlaskClient, content: bytes | str, query: dict[str, str], expected: list[dict[str, Any]]
) -> None:
    assert read_rows(client, send(client, content, **query)) == expected


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"header": "0"}, "it must be true, false, or an integer from 1 to 10000"),
        ({"header": "yes"}, "it must be true, false, or an integer"),
        ({"skip_rows": "-1"}, "an integer from 0 to 10000"),
        ({"comment": "//"}, "one ASCII character"),
        ({"delimiter": "blank"}, "one ASCII character"),
        ({"encoding": "rot13"}, "one of utf-8, utf-16"),
    ],
)
def test_options_that_are_wrong_are_rejected(client: FlaskClient, query: dict[str, str], says: str) -> None:
    answer = send(client, "a,b\n1,2\n", **query)
    assert answer.status_code == 422
    assert says in answer.json["detail"]


def test_a_workbook_is_a_data_set_by_its_type_or_its_name(client: FlaskClient) -> None:
    content = workbook({"s": rows(["a", "b"], [1, "x"], [2, "y"])})
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer = send(client, content, media_type)
    assert read_rows(client, answer) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert answer.json["read_as"] == {"sheet": "s"}
    assert client.get(f"{answer.headers['Location']}/content").data == content
