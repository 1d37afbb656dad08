"""A model remembers how its file is written: the same kind of file predicts without options, and others do too."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.service import Service

CSV = {"Content-Type": "text/csv"}
ROWS = [("Köln", "1.250", "2,5", "ja"), ("Plzeò", "980,5", "0,5", "nein")] * 30
OPTIONS = {"skip_rows": "1", "comment": "!", "quotechar": "'"}


def german(rows: Sequence[tuple[str, ...]]) -> bytes:
    lines = [f"'{ort}';{preis};{menge};{gut}" for ort, preis, menge, gut in rows]
    return "\n".join(["Bericht", "ort;preis;menge;gut", *lines, "! Ende", ""]).encode("cp1252")


@pytest.fixture(scope="module")
def model(service: Service) -> dict[str, Any]:
    """A model of a German file."""
    answer = service.http.post("/v1/datasets", content=german(ROWS), params=OPTIONS, headers=CSV)
    assert answer.status_code == 201, answer.text
    spec = {"data": {"dataset": answer.json()["id"], "target": "gut"}, "layers": [4], "training": {"epochs": 3}}
    job = service.wait(service.post(spec)["id"])
    assert job["status"] == "succeeded", job["error"]
    found: dict[str, Any] = service.http.get(f"/v1/models/{job['model']}").json()
    return found


def predict(service: Service, model: dict[str, Any], content: bytes, **query: str) -> Any:
    url = f"/v1/models/{model['id']}/predict"
    answer = service.http.post(url, content=content, params=query, headers=CSV)
    assert answer.status_code == 200, answer.text
    return answer.json()["probabilities"]


def test_a_file_of_the_same_kind_predicts_without_options(service: Service, model: dict[str, Any]) -> None:
    assert model["dialect"] == {
        "delimiter": ";", "encoding": "cp1252", "decimal": ",", "quote": "'", "comment": "!", "skip_rows": 1
    }  # fmt: skip
    rows = [{"ort": "Köln", "preis": 1250, "menge": 2.5}, {"ort": "Plzeò", "preis": 980.5, "menge": 0.5}]
    url = f"/v1/models/{model['id']}/predict"
    expected = service.http.post(url, json={"inputs": rows}).json()["probabilities"]
    assert predict(service, model, german(ROWS[:2])) == expected
    assert predict(service, model, german(ROWS[1:3])) == expected[::-1]  # one row with a letter of any encoding
    pandas = "ort,preis,menge\nKöln,1250.0,2.5\nPlzeò,980.5,0.5\n"
    assert predict(service, model, pandas.encode()) == expected


def test_numbers_have_the_decimal_point_of_their_own_file(service: Service, model: dict[str, Any]) -> None:
    url = f"/v1/models/{model['id']}/predict"
    row = {"ort": "Köln", "preis": 1.25, "menge": 2.5}
    expected = service.http.post(url, json={"inputs": [row]}).json()["probabilities"]
    assert predict(service, model, "ort,preis,menge\nKöln,1.250,2.5\n".encode()) == expected
    assert predict(service, model, "ort;preis;menge\nKöln;1.250;2.5\n".encode(), decimal=".") == expected


def test_predict_takes_the_options_of_an_upload(service: Service, model: dict[str, Any]) -> None:
    rows = [{"ort": "Köln", "preis": None, "menge": 2.5}]
    url = f"/v1/models/{model['id']}/predict"
    expected = service.http.post(url, json={"inputs": rows}).json()["probabilities"]
    content = "ort,preis,menge\n|Köln|,-999,2.5\n".encode()
    columns = '{"preis": {"type": "number", "missing": [-999]}}'
    assert predict(service, model, content, quotechar="|", columns=columns) == expected
    wrong = service.http.post(
        url, content=b"ort,preis,menge\nx,12 kg,1\n", params={"columns": columns, "quote": "'"}, headers=CSV
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["parameter"]) == (422, "quote")
    wrong = service.http.post(url, content=b"ort,preis,menge\nx,12 kg,1\n", params={"columns": columns}, headers=CSV)
    assert wrong.json()["errors"] == [{"pointer": "/inputs/0/preis", "detail": "is '12 kg'; it must be a number"}]
