"""Data sets over HTTP."""

import hashlib
import io
import json
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient

from steelyard.datasets.library import Upload
from steelyard.tabular.readers.options import Dialect
from tests.application import download

TABLE = b"name,size,open,since\nRome,1.5,true,2020-01-02\n=cmd(),2,false,\nOslo,,true,2021-03-04\n"


def send(client: FlaskClient, content: bytes = TABLE, **options: Any) -> Any:
    return client.post("/v1/datasets", data=content, content_type="text/csv", **options)


def test_a_data_set_is_described_served_and_deleted(client: FlaskClient) -> None:
    answer = send(client, query_string={"name": "places"})
    assert answer.status_code == 201, answer.text
    dataset = answer.json
    assert (dataset["object"], dataset["name"], dataset["rows"], dataset["bytes"]) == (
        "dataset",
        "places",
        3,
        len(TABLE),
    )
    assert [(each["name"], each["kind"], each["missing"], each["distinct"]) for each in dataset["columns"]] == [
        ("name", "categorical", 0, 3),
        ("size", "numeric", 1, 2),
        ("open", "boolean", 0, 2),
        ("since", "datetime", 1, 2),
    ]
    assert (dataset["columns"][1]["mean"], dataset["columns"][1]["std"]) == (1.75, 0.25)
    address = answer.headers["Location"]
    assert client.get(address).json == dataset
    assert [each["id"] for each in client.get("/v1/datasets").json["data"]] == [dataset["id"]]
    content = client.get(f"{address}/content")
    assert (content.data, content.mimetype) == (TABLE, "text/csv")
    page = client.get(f"{address}/rows", query_string={"limit": 2, "after": 1}).json
    assert page["data"][0] == {"name": "=cmd()", "size": 2, "open": False, "since": None}
    assert page["data"][1]["since"] == "2021-03-04T00:00:00Z"
    assert not page["has_more"]
    csv = client.get(f"{address}/rows", headers={"Accept": "text/csv"}).text
    assert "'=cmd()" in csv
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_the_same_bytes_are_one_data_set_unless_they_are_read_in_another_way(client: FlaskClient) -> None:
    first = send(client).json["id"]
    form = {"file": (io.BytesIO(TABLE), "../../places.csv"), "name": "again"}
    assert client.post("/v1/datasets", data=form).json["id"] == first
    assert send(client, query_string={"delimiter": ";", "header": "false"}).json["id"] != first
    assert len(client.get("/v1/datasets").json["data"]) == 2


@pytest.mark.parametrize("media_type", ["text/csv", "application/json", "application/vnd.apache.parquet"])
def test_columns_that_are_said_to_hold_texts_do(client: FlaskClient, media_type: str) -> None:
    rows = pd.DataFrame({"class": [1, 2, 3, 1] * 10, "code": ["0123", "0045"] * 20, "size": [1.5] * 40})
    contents = {
        "text/csv": rows.to_csv(index=False).encode(),
        "application/json": rows.to_json(orient="records").encode(),
        "application/vnd.apache.parquet": rows.to_parquet(),
    }
    query = {"texts": "class,code"}
    sent = client.post("/v1/datasets", data=contents[media_type], content_type=media_type, query_string=query)
    assert [(each["name"], each["kind"]) for each in sent.json["columns"]] == [
        ("class", "categorical"),
        ("code", "categorical"),
        ("size", "numeric"),
    ]
    address = f"{sent.headers['Location']}/rows"
    assert client.get(address).json["data"][1] == {"class": "2", "code": "0045", "size": 1.5}
    refused = client.post(
        "/v1/datasets", data=contents[media_type], content_type=media_type, query_string={"texts": "clas"}
    )
    assert refused.status_code == 400
    assert "no column 'clas'" in refused.json["detail"]


def test_columns_without_names_are_said_to_hold_texts_by_their_number(client: FlaskClient) -> None:
    query = {"texts": "x1", "header": "false"}
    sent = send(client, b"1,007\n2,008\n", query_string=query)
    assert client.get(f"{sent.headers['Location']}/rows").json["data"][0] == {"x0": 1, "x1": "007"}


def test_a_data_set_keeps_its_digest() -> None:
    upload = Upload("places", "text/csv", Dialect(), hashlib.sha256(TABLE).hexdigest(), len(TABLE))
    assert (
        upload.digest == "f946174aa1cc93edd717c350ce00af95ef6491e0edc1246cedc302265b727d4b"
    )  # by which stored ones are known


def test_what_cannot_be_read_is_refused_and_leaves_nothing(client: FlaskClient) -> None:
    refused = send(client, b"a,b\n1,2\n3,4,5\n")
    assert (refused.status_code, refused.json["type"]) == (400, "/problems/invalid-request")
    assert "row 2" in refused.json["detail"]
    assert client.post("/v1/datasets", data=b"x", content_type="image/png").status_code == 415
    assert client.post("/v1/datasets", data={"file": (io.BytesIO(b"x"), "a.exe")}).status_code == 415
    missing = client.post("/v1/datasets", data={"name": "x"}, content_type="multipart/form-data")
    assert missing.json["errors"][0]["pointer"] == "/file"
    for query in ({"delimiter": "ab"}, {"quote": ""}, {"encoding": "x"}):
        assert send(client, query_string=query).json["errors"][0]["parameter"] == next(iter(query))
    assert client.get("/v1/datasets").json["data"] == []


def test_a_name_of_a_path_is_only_its_end(client: FlaskClient) -> None:
    form = {"file": (io.BytesIO(TABLE), "../../etc/places.csv")}
    assert client.post("/v1/datasets", data=form).json["name"] == "places.csv"


def test_a_name_that_is_not_used_is_named(client: FlaskClient) -> None:
    first, same, other = (send(client, query_string={"name": name}).json for name in ("a", "a", "b"))
    assert "note" not in first
    assert "note" not in same
    assert (other["id"], other["name"]) == (first["id"], "a")
    assert other["note"] == "the same bytes are already stored under the name 'a'; the name 'b' is not used"


def test_a_file_is_read_as_its_sender_says(client: FlaskClient) -> None:
    sent = send(client, b"1;5;x\n2;5;=y\n", query_string={"delimiter": ";", "header": "false"})
    rows = client.get(f"{sent.headers['Location']}/rows").json
    assert rows["data"] == [{"x0": 1, "x1": 5, "x2": "x"}, {"x0": 2, "x1": 5, "x2": "=y"}]
    job = {"data": {"dataset": sent.json["id"], "target": "x0"}, "task": "regression", "layers": [2]}
    dry = client.post("/v1/jobs", json=job, query_string={"dry_run": "true"})
    assert dry.status_code == 200, dry.text


def test_an_upload_that_is_sent_again_with_its_key_gets_its_answer(client: FlaskClient) -> None:
    keyed = {"Idempotency-Key": "upload-1"}
    first, again = send(client, headers=keyed), send(client, headers=keyed)
    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    other = send(client, TABLE + b"Bern,1,true,\n", headers=keyed)
    assert (other.status_code, other.json["type"]) == (422, "/problems/idempotency-key-reused")


PEOPLE = "zip;age;when;note\n" + "".join(f"0{1000 + row};{row};{row % 28 + 1}.2.26;hello {row}\n" for row in range(40))


def columns_of(answer: Any) -> dict[str, Any]:
    return {column["name"]: column for column in answer.json["columns"]}


def test_an_owner_gives_types_at_upload_or_later_and_sees_what_was_inferred(client: FlaskClient) -> None:
    content = (PEOPLE + "01234;n/k;1.3.26;-\n").encode()
    guessed = columns_of(send(client, content))
    assert {name: column["schema"] for name, column in guessed.items()} == {
        "zip": {"type": "number"},
        "age": {"type": "number", "missing": ["n/k"]},
        "when": {"type": "text"},
        "note": {"type": "category"},
    }
    assert [finding["code"] for finding in guessed["age"]["findings"]] == ["odd_values"]
    assert "'n/k' (row 40)" in guessed["age"]["findings"][0]["message"]
    schema = {
        "zip": {"type": "category"},
        "age": {"type": "number", "missing": ["n/k", 3]},
        "when": {"type": "datetime", "format": "%d.%m.%y"},
        "note": {"type": "ignore"},
    }
    answer = send(client, content, query_string={"columns": json.dumps(schema)})
    given = columns_of(answer)
    assert {name: column["schema"] for name, column in given.items()} == schema
    assert given["zip"]["guess"] == {"schema": {"type": "number"}, "reason": "its values are numbers"}
    assert (given["age"]["missing"], given["age"]["findings"]) == (2, [])
    assert (given["when"]["kind"], given["when"]["max"]) == ("datetime", "2026-03-01T00:00:00Z")
    address = answer.headers["Location"]
    assert client.get(f"{address}/rows", query_string={"limit": 1}).json["data"][0]["zip"] == "01000"
    change = {"name": "people", "columns": {"zip": None, "when": {"type": "text"}}}
    changed = client.patch(address, json=change)
    assert changed.status_code == 200, changed.text
    assert (changed.json["id"], changed.json["name"]) == (answer.json["id"], "people")
    assert [column["schema"]["type"] for column in changed.json["columns"]] == ["number", "number", "text", "ignore"]
    assert client.get(address).json == changed.json
    assert client.get(f"{address}/rows", query_string={"limit": 1}).json["data"][0]["zip"] == 1000
    same = client.patch(address, json={"columns": dict.fromkeys(schema)})
    assert same.status_code == 409
    assert "already stored as another data set" in same.json["detail"]


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ([], None, "an object with 'name' or 'columns'"),
        ({}, None, "an object with 'name' or 'columns'"),
        ({"name": ""}, "/name", "a string of 1 to 200 characters"),
        ({"title": "x"}, "/title", "not a known field"),
        ({"columns": []}, "/columns", "an object of column names"),
        ({"columns": {"size": "number"}}, "/columns/size", 'such as {"type": "number"}'),
        ({"columns": {"size": {}}}, "/columns/size/type", "is missing"),
        ({"columns": {"size": {"type": "numbr"}}}, "/columns/size/type", "did you mean 'number'?"),
        ({"columns": {"size": {"type": "number", "day_first": True}}}, "/columns/size/day_first", "not an option"),
        ({"columns": {"size": {"type": "number", "missing": "x"}}}, "/columns/size/missing", "a list of at most 100"),
        ({"columns": {"size": {"type": "number", "decimal": ";"}}}, "/columns/size/decimal", "'.' or ','"),
        ({"columns": {"since": {"type": "datetime", "format": "%d"}}}, "/columns/since/format", "the year, the month"),
        ({"columns": {"since": {"type": "datetime", "format": 3}}}, "/columns/since/format", "a strptime format"),
    ],
)
def test_a_wrong_schema_is_rejected_with_its_place(client: FlaskClient, change: Any, place: Any, words: str) -> None:
    address = send(client).headers["Location"]
    before = client.get(address).json
    answer = client.patch(address, json=change)
    assert answer.status_code == 422, answer.text
    [error] = answer.json["errors"]
    assert error.get("pointer") == (place or "")
    assert words in error["detail"]
    assert client.get(address).json == before


def test_a_schema_for_a_column_that_is_not_there_is_rejected(client: FlaskClient) -> None:
    address = send(client).headers["Location"]
    answer = client.patch(address, json={"columns": {"sice": {"type": "number"}}})
    assert answer.status_code == 400
    assert "no column 'sice', which `columns` names; did you mean 'since'?" in answer.json["detail"]
    answer = send(client, query_string={"columns": '{"size": {"type": "no"}}'})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["parameter"] == "columns"
    assert send(client, query_string={"columns": "{"}).status_code == 422


def test_a_job_gives_types_to_the_columns_of_its_data(client: FlaskClient) -> None:
    dataset = send(client, PEOPLE.encode()).json["id"]
    spec = {"data": {"dataset": dataset, "target": "age", "columns": {"zip": {"type": "ignore"}}}, "layers": [2]}
    spec["data"]["columns"]["when"] = {"type": "datetime", "format": "%d.%m.%y"}
    answer = client.post("/v1/jobs?dry_run=true", json=spec)
    assert answer.status_code == 200, answer.text
    assert answer.json["data"]["features"] == ["when"]
    assert "its schema says so" in answer.json["data"]["left_out"]["zip"]
    spec["data"]["columns"] = {"zipp": {"type": "ignore"}, "age": {"type": "x"}}
    errors = client.post("/v1/jobs?dry_run=true", json=spec).json["errors"]
    assert [error["pointer"] for error in errors] == ["/data/columns/age/type"]
    del spec["data"]["columns"]["age"]
    errors = client.post("/v1/jobs?dry_run=true", json=spec).json["errors"]
    assert [error["pointer"] for error in errors] == ["/data/columns/zipp"]


def test_rows_of_many_columns_are_sent_in_bounded_memory(client: FlaskClient) -> None:
    names = [f"c{place}" for place in range(1000)]
    content = ",".join(names) + "\n" + "".join(",".join([f"{row}.5"] * 1000) + "\n" for row in range(700))
    sent = client.post("/v1/datasets", data=content, content_type="text/csv")
    path = f"{sent.headers['Location']}/rows?limit=700"
    assert download(client, path, most_bytes=25_000_000)[0] > 7_000_000
    page = client.get(f"{path}&after=690").json
    assert [row["c999"] for row in page["data"]] == [row + 0.5 for row in range(690, 700)]
    assert (page["has_more"], page["next"]) == (False, None)
    lines = client.get(path, headers={"Accept": "text/csv"}).text.splitlines()
    assert (len(lines), lines[0].split(",")[:2], lines[500].split(",")[7]) == (701, ["c0", "c1"], "499.5")
