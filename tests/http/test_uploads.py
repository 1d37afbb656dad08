"""How a file is written can be stated, in its Content-Type or as options, for data sets and for predictions alike."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.tabular.readers.workbooks import rows, workbook

RUSSIAN = "ответ;a\nДа;1\nНет;2\n"


def send(client: FlaskClient, content: bytes | str, content_type: str = "text/csv", **query: Any) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post("/v1/datasets", data=data, content_type=content_type, query_string=query)


def read_rows(client: FlaskClient, answer: Any) -> Any:
    assert answer.status_code == 201, answer.text
    return client.get(f"{answer.headers['Location']}/rows").json["data"]


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
