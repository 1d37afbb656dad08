"""The statistics of a job, as clients get them."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from steelyard.diagnostics.recording.record import BINS, LAYER_SERIES, TENSOR_SERIES
from steelyard.exports import npz
from steelyard.store.engine import writing
from steelyard.store.tables import JobRecording
from steelyard.web.wiring import KEY
from tests.service import SMALLEST
from tests.trained import train

JOB: dict[str, Any] = {**SMALLEST, "training": {"epochs": 4}, "validation": None}


@pytest.fixture
def job_id(app: Flask) -> str:
    return train(app.extensions[KEY].engine, JOB).id


def test_series_are_as_long_as_the_epochs(client: FlaskClient, job_id: str) -> None:
    found = client.get(f"/v1/jobs/{job_id}/diagnostics").json
    assert (found["object"], found["job"], found["recorded"], found["note"]) == ("diagnostics", job_id, True, None)
    assert found["epochs"] == [0, 1, 2, 3, 4]
    assert [layer["name"] for layer in found["layers"]] == ["dense_1", "dense_2", "output"]
    layer = found["layers"][0]
    assert (layer["type"], layer["activation"], layer["units"]) == ("dense", "relu", 16)
    assert [*layer["series"]] == [*LAYER_SERIES]
    assert [tensor["name"] for tensor in layer["tensors"]] == ["dense_1/kernel", "dense_1/bias"]
    for tensor in layer["tensors"]:
        assert [*tensor["series"]] == [*TENSOR_SERIES]
        assert {len(values) for values in tensor["series"].values()} == {5}
        assert [sum(counts) for counts in tensor["histogram"]] == [np.prod(tensor["shape"])] * 5
    assert len(found["histogram_edges"]) == BINS - 1
    assert found["run"]["loss"][0] > found["run"]["loss"][4]
    assert layer["tensors"][0]["series"]["update_ratio"][0] is None


def test_a_part_of_the_series_can_be_asked_for(client: FlaskClient, job_id: str) -> None:
    found = client.get(f"/v1/jobs/{job_id}/diagnostics?layer=dense_2&series=norm&after=2").json
    assert found["epochs"] == [3, 4]
    [layer] = found["layers"]
    assert (layer["series"], found["run"]) == ({}, {})
    assert [[*tensor["series"]] for tensor in layer["tensors"]] == [["norm"], ["norm"]]
    assert all(len(tensor["series"]["norm"]) == 2 and tensor["histogram"] == [] for tensor in layer["tensors"])
    assert client.get(f"/v1/jobs/{job_id}/diagnostics?series=loss").json["run"]["loss"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("layer=dense_3", "is 'dense_3', which the network does not have; "),
        ("series=nrm", "is 'nrm'; it must be one of "),
        ("after=-1", "is '-1'; it must be an integer from 0"),
    ],
)
def test_a_query_that_fits_nothing_is_rejected(client: FlaskClient, job_id: str, query: str, detail: str) -> None:
    answer = client.get(f"/v1/jobs/{job_id}/diagnostics?{query}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["detail"].startswith(detail)


def test_a_table_has_a_row_for_each_value(client: FlaskClient, job_id: str) -> None:
    answer = client.get(f"/v1/jobs/{job_id}/diagnostics", headers={"Accept": "text/csv"})
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert header == ["epoch", "layer", "tensor", "series", "value"]
    found = client.get(f"/v1/jobs/{job_id}/diagnostics").json
    losses = [float(value) for _, layer, _, name, value in rows if not layer and name == "loss"]
    assert losses == found["run"]["loss"]
    bias = found["layers"][0]["tensors"][1]["series"]
    count = sum(value is not None for values in bias.values() for value in values)
    assert sum(tensor == "dense_1/bias" for _, _, tensor, _, _ in rows) == count


def test_what_the_client_has_is_not_sent_again(client: FlaskClient, job_id: str) -> None:
    for path in ("diagnostics", "timeline/output/kernel", "timeline/output/kernel?index=0,0"):
        first = client.get(f"/v1/jobs/{job_id}/{path}")
        again = client.get(f"/v1/jobs/{job_id}/{path}", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304


def test_a_job_that_waits_has_no_statistics_yet(client: FlaskClient) -> None:
    job = client.post("/v1/jobs", json=JOB).json
    found = client.get(f"/v1/jobs/{job['id']}/diagnostics").json
    assert (found["epochs"], found["layers"], found["recorded"]) == ([], [], False)
    assert found["note"] == "Nothing is recorded yet."
    answer = client.get(f"/v1/jobs/{job['id']}/timeline/output/kernel")
    assert (answer.status_code, "not stored yet" in answer.json["detail"]) == (404, True)


def test_an_old_job_answers_with_what_it_has(app: Flask, client: FlaskClient, job_id: str) -> None:
    with writing(app.extensions[KEY].engine) as connection:
        connection.execute(delete(JobRecording).where(JobRecording.job_id == job_id))
    found = client.get(f"/v1/jobs/{job_id}/diagnostics").json
    assert (found["recorded"], found["epochs"]) == (False, [0, 4])
    assert found["note"].startswith("No statistics were recorded")
    kernel = found["layers"][0]["tensors"][0]["series"]
    assert kernel["norm"][1] > 0
    assert kernel["gradient_norm"] == [None, None]
    assert client.get(f"/v1/jobs/{job_id}/timeline/output/kernel").json["epochs"] == [0, 4]


def test_a_timeline_is_json_or_an_array(client: FlaskClient, job_id: str) -> None:
    path = f"/v1/jobs/{job_id}/timeline/output/kernel"
    found = client.get(path).json
    assert (found["name"], found["epochs"], found["shape"]) == ("output/kernel", [0, 1, 2, 3, 4], [5, 8, 3])
    assert (found["index"], found["dtype"]) == (None, "float32")
    array = np.load(io.BytesIO(client.get(path, headers={"Accept": npz.NPY_MEDIA_TYPE}).data), allow_pickle=False)
    np.testing.assert_array_equal(array, np.array(found["values"], np.float32))
    one = client.get(f"{path}?index=7,2").json
    assert (one["index"], one["shape"]) == ([7, 2], [5])
    np.testing.assert_array_equal(np.array(one["values"], np.float32), array[:, 7, 2])
    answer = client.get(f"{path}?index=8,2")
    assert (answer.status_code, answer.json["errors"][0]["parameter"]) == (422, "index")
    final = client.get(f"/v1/jobs/{job_id}/weights/epoch-2/output/kernel").json
    assert final["values"] == found["values"][2]
