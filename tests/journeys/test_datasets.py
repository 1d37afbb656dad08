"""Data sets: a file becomes a model behind an endpoint in two requests."""

import socket

import pandas as pd
import pytest

from tests.journeys.passengers import train, upload
from tests.service import Service


def test_a_csv_file_becomes_a_model_in_two_requests(service: Service, passengers: pd.DataFrame) -> None:
    dataset = upload(service, passengers.to_csv(index=False).encode())
    kinds = {column["name"]: column["kind"] for column in dataset["columns"]}
    assert kinds == {
        "PassengerId": "id",
        "Name": "id",
        "Sex": "categorical",
        "Age": "numeric",
        "Fare": "numeric",
        "Embarked": "categorical",
        "Boarded": "datetime",
        "Alone": "boolean",
        "Survived": "categorical",
    }
    job = train(service, dataset["id"], test={"fraction": 0.2})
    assert job["data"]["features"] == ["Sex", "Age", "Fare", "Embarked", "Boarded", "Alone"]
    assert {*job["data"]["left_out"]} == {"PassengerId", "Name"}
    assert job["metrics"]["test"]["accuracy"] > 0.65
    assert service.http.get(f"/v1/models/{job['model']}").json()["provenance"]["dataset"] == dataset["sha256"]


@pytest.mark.parametrize(
    ("framing", "begin", "end"),
    [
        ("Content-Type: text/csv\r\nContent-Length: 1000", b"", b""),
        ("Content-Type: text/csv\r\nTransfer-Encoding: chunked", b"1f4\r\n", b""),
        ("Content-Type: text/csv\r\nTransfer-Encoding: chunked", b"13\r\n", b"\r\n"),
        (
            "Content-Type: multipart/form-data; boundary=cut\r\nContent-Length: 1000",
            b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n',
            b"\r\n",
        ),
    ],
)
def test_a_file_whose_sender_has_gone_before_its_end_is_none(
    service: Service, framing: str, begin: bytes, end: bytes
) -> None:
    before = service.http.get("/v1/datasets").json()["data"]
    url = service.http.base_url
    with socket.create_connection((url.host, url.port or 0), timeout=30) as connection:
        head = f"POST /v1/datasets HTTP/1.1\r\nHost: here\r\n{framing}\r\n\r\n"
        connection.sendall(head.encode() + begin + b"a,b\n1,2\n345,6\n789,1" + end)
        connection.shutdown(socket.SHUT_WR)
        assert b" 201 " not in connection.recv(1 << 16)
    assert service.http.get("/v1/datasets").json()["data"] == before


def test_a_data_set_that_a_job_needs_stays_until_it_has_ended(service: Service, passengers: pd.DataFrame) -> None:
    dataset = upload(service, passengers.to_csv(index=False).encode() + b"\n")
    spec = {"data": {"dataset": dataset["id"], "target": "Survived"}, "layers": [8], "training": {"epochs": 20000}}
    job_id = service.post(spec)["id"]
    refused = service.http.delete(f"/v1/datasets/{dataset['id']}")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    service.http.post(f"/v1/jobs/{job_id}/cancel")
    service.wait(job_id)
    assert service.http.delete(f"/v1/datasets/{dataset['id']}").status_code == 204
    again = service.http.post("/v1/jobs", json=spec)
    assert again.status_code == 422
    assert again.json()["errors"][0]["pointer"] == "/data/dataset"
