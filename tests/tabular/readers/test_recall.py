"""A file to predict is read as the training file was written, unless it shows or says that it is written otherwise."""

from typing import Any

import pytest

from steelyard.tabular.types.number import Number
from tests.tabular.readers.conftest import Read

GERMAN = {"delimiter": ";", "encoding": "cp1252", "decimal": ","}
WANTED = {"ort": True, "preis": False}


@pytest.mark.parametrize(
    ("content", "usual"),
    [
        ("ort;preis\nKöln;12,5\n", GERMAN),
        ("# von Anna\n! alt\nort;preis\nKöln;12,5\n! neu\n", GERMAN | {"comment": "!", "skip_rows": 1}),
        ("ort;preis\n'Köln';'12,5'\n", GERMAN | {"quote": "'"}),
        ("ort,preis\nKöln,12.5\n", GERMAN),  # as pandas writes it
        ("ort,preis\nKöln,12.5\n", GERMAN | {"skip_rows": 3, "quote": "'"}),
        ("ort\tpreis\nKöln\t12,5\n", GERMAN),
        ("\ufeffort;preis\nKöln;12,5\n", GERMAN | {"encoding": "cp1251"}),
    ],
)
def test_a_file_is_read_as_the_training_file_was_where_that_fits(
    read: Read, content: str, usual: dict[str, Any]
) -> None:
    assert read(content, wanted=WANTED, usual=usual)[1] == {"ort": ["Köln"], "preis": [12.5]}


def test_what_is_stated_wins(read: Read) -> None:
    wanted = {"a;b": True, "c": False}
    assert read("a;b,c\nx,1\n", wanted=wanted, usual=GERMAN, delimiter=",")[1] == {"a;b": ["x"], "c": [1]}
    assert read("ort;preis\nx;1.250\n", wanted=WANTED, usual=GERMAN, decimal=".")[1]["preis"] == [1.25]


def test_a_single_number_is_read_with_the_usual_decimal_comma(read: Read) -> None:
    as_written = read("ort;preis\nx;1.250\n", wanted=WANTED, usual=GERMAN)[1]["preis"]
    assert Number(decimal=",").read_list(as_written).to_list() == [1250]
    assert read("ort;preis\nx;1.250\n", wanted=WANTED, usual=GERMAN | {"decimal": "."})[1]["preis"] == [1.25]
    # A point is not insisted on, and a comma only with its delimiter.
    assert read("ort;preis\nx;12,5\n", wanted=WANTED, usual=GERMAN | {"decimal": "."})[1]["preis"] == [12.5]
    assert read("ort|preis\nx|1.250\n", wanted=WANTED, usual=GERMAN)[1]["preis"] == [1.25]


def test_the_usual_delimiter_is_one_only_where_it_gives_no_fewer_columns(read: Read) -> None:
    wanted = {"a": False, "b": False}
    assert read("a,b,c;a\n1,2,3\n", wanted=wanted, usual={"delimiter": ";"})[1] == {"a": [1], "b": [2]}


def test_the_usual_quote_is_one_only_where_cells_begin_with_it(read: Read) -> None:
    usual = GERMAN | {"quote": "'"}
    assert read("ort;preis\nO'Hara;1\n", wanted=WANTED, usual=usual)[1]["ort"] == ["O'Hara"]


@pytest.mark.parametrize(("content", "ort"), [("x;1\ny;2\n", ["x", "y"]), ("x0;x1\nz;3\n", ["z"])])
def test_a_file_without_names_is_read_so_and_one_with_names_too(read: Read, content: str, ort: list[str]) -> None:
    usual = {"delimiter": ";", "header": False}
    assert read(content, wanted={"x0": True, "x1": False}, usual=usual)[1]["x0"] == ort


@pytest.mark.parametrize(
    ("encoding", "city"), [("cp1250", "Plzeň"), ("cp1254", "Iğdır"), ("cp1252", "Guð"), ("cp852", "Łódź")]
)
def test_a_tiny_file_is_in_the_usual_encoding(read: Read, encoding: str, city: str) -> None:
    content = f"ort;preis\n{city};1\n".encode(encoding)
    assert read(content, wanted=WANTED, usual={"delimiter": ";", "encoding": encoding})[1]["ort"] == [city]


def test_an_encoding_that_shows_is_not_the_usual_one(read: Read) -> None:
    content = "ort;preis\nНижний Новгород;1\nСанкт-Петербург;2\n"
    for encoding in ("cp1251", "utf-8"):
        found, columns = read(content.encode(encoding), wanted=WANTED, usual=GERMAN)
        assert (found["encoding"], columns["ort"][0]) == (encoding, "Нижний Новгород")
