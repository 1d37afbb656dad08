"""Data sets over HTTP."""

import hashlib
import io
from typing import Any

import pandas as pd
import pytest
from flask.testing import FlaskClient

from steelyard.datasets.library import Upload
from steelyard.tabular.readers.options import Dialect

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
    refused = send(client, b"a,b\n1,2\n3\n")
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
