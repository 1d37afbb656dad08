"""Predictions over HTTP: every form of a body is read and rejected alike."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from steelyard.jobs import ledger, queries
from steelyard.tabular.readers.options import XLSX
from steelyard_worker.batch import Batch
from tests.service import SMALLEST
from tests.tabular.readers.workbooks import rows, workbook
from tests.trained import train_model

ARROW = "application/vnd.apache.arrow.stream"


PARQUET = "application/vnd.apache.parquet"


ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


COLUMN = "petal_length"


def as_csv(frame: pd.DataFrame) -> bytes:
    return bytes(frame.to_csv(index=False).encode())


def as_arrow(frame: pd.DataFrame) -> bytes:
    sink, table = io.BytesIO(), pa.Table.from_pandas(frame, preserve_index=False)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def as_ndjson(frame: pd.DataFrame) -> bytes:
    return b"\n".join(orjson.dumps(row) for row in frame.to_dict("records"))


FORMS: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "text/csv": as_csv,
    PARQUET: lambda frame: frame.to_parquet(index=False),
    ARROW: as_arrow,
    "application/x-ndjson": as_ndjson,
    "application/json": lambda frame: orjson.dumps({"inputs": frame.to_dict("records")}),
}


@pytest.fixture
def model(database: Engine) -> str:
    """A trained model."""
    return train_model(database, {**SMALLEST, "training": {"epochs": 2}})


def refusal(client: FlaskClient, model: str, frame: pd.DataFrame, form: str) -> dict[str, Any]:
    body = FORMS[form](frame)
    answer = client.post(f"/v1/models/{model}/predict", data=body, headers={"Content-Type": form})
    assert answer.status_code == 422, answer.text
    [error] = answer.json["errors"]
    return dict(error)


@pytest.mark.parametrize("form", FORMS)
def test_lacking_inputs_and_other_columns_are_listed_in_every_form(client: FlaskClient, model: str, form: str) -> None:
    body = FORMS[form](pd.DataFrame([ROW | {"note": "x"}]).drop(columns=COLUMN))
    answer = client.post(f"/v1/models/{model}/predict", data=body, headers={"Content-Type": form})
    assert answer.status_code == 200, answer.text
    assert (answer.json["ignored_columns"], answer.json["missing_columns"]) == (["note"], [COLUMN])


@pytest.mark.parametrize("form", FORMS)
def test_a_misspelled_feature_is_named_in_every_form(client: FlaskClient, model: str, form: str) -> None:
    error = refusal(client, model, pd.DataFrame([ROW]).rename(columns={COLUMN: "petal length"}), form)
    assert error["pointer"] == "/inputs/0/petal length"
    assert f"did you mean '{COLUMN}'?" in error["detail"]


@pytest.mark.parametrize("form", FORMS)
def test_a_text_for_a_number_is_named_in_every_form(client: FlaskClient, model: str, form: str) -> None:
    frame = pd.DataFrame([ROW, {**ROW, COLUMN: "wide"}]).astype({COLUMN: str})
    if form == "application/json":
        frame = pd.DataFrame([ROW, {**ROW, COLUMN: "wide"}])
    error = refusal(client, model, frame, form)
    assert error["pointer"] == f"/inputs/1/{COLUMN}"
    assert "'wide'" in error["detail"]


@pytest.mark.parametrize("form", FORMS)
def test_a_number_that_is_none_is_named_in_every_form(client: FlaskClient, model: str, form: str) -> None:
    beyond = 1e300 if "json" in form else np.inf  # JSON has no infinity; one is answered with 400
    error = refusal(client, model, pd.DataFrame([ROW, {**ROW, COLUMN: beyond}]), form)
    assert error["pointer"] == f"/inputs/1/{COLUMN}"
    assert "within" in error["detail"]


def test_a_file_to_predict_is_read_as_its_options_say(client: FlaskClient, model: str) -> None:
    url = f"/v1/models/{model}/predict"
    expected = client.post(url, json={"inputs": [ROW]}).json["predictions"]
    values = " ".join(str(value).replace(".", ",") for value in ROW.values())
    plain = f"Iris of Anderson\n! in cm\n{' '.join(ROW)}\n{values}\n".encode("utf-16-le")
    options: dict[str, str | int] = {"delimiter": "whitespace", "decimal": ",", "comment": "!", "skip_rows": 1}
    headers = {"Content-Type": "text/csv; charset=utf-16le"}
    assert client.post(url, data=plain, headers=headers, query_string=options).json["predictions"] == expected
    sheet = workbook({"s": rows(["Iris"], first=2) + rows([*ROW], [*ROW.values()], first=4)})
    answer = client.post(url, data=sheet, headers={"Content-Type": XLSX}, query_string={"header": 4})
    assert answer.json["predictions"] == expected
    refused = client.post(url, json={"inputs": [ROW]}, query_string={"delimiter": ";"})
    assert refused.status_code == 422
    assert "'delimiter': is an option of files, and the body is JSON" in refused.json["detail"]


def test_many_rows_in_one_arrow_body_are_predicted_as_each_alone(client: FlaskClient, model: str) -> None:
    rows = np.random.default_rng(0).uniform(0, 8, (20_000, 4))
    frame = pd.DataFrame(rows, columns=list(ROW))
    url, headers = f"/v1/models/{model}/predict", {"Content-Type": ARROW}
    answer = client.post(url, data=as_arrow(frame[frame.columns[::-1]]), headers=headers).json
    some = [0, 511, 512, 1024, 8191, 8192, 19_999]
    alone = client.post(url, json={"inputs": rows[some].tolist()}).json
    assert [answer["predictions"][row] for row in some] == alone["predictions"]
    assert np.allclose([answer["probabilities"][row] for row in some], alone["probabilities"], atol=1e-6)
    assert len(answer["predictions"]) == len(rows)


def test_predictions_come_with_their_model_classes_and_probabilities(client: FlaskClient, model: str) -> None:
    answer = client.post(f"/v1/models/{model}/predict", json={"inputs": [ROW, [*ROW.values()]]}).json
    assert answer["model"] == model
    assert answer["classes"] == ["setosa", "versicolor", "virginica"]
    assert answer["predictions"][0] == answer["predictions"][1]
    np.testing.assert_allclose(np.sum(answer["probabilities"], axis=1), 1, rtol=1e-5)


def test_a_model_or_a_body_that_is_none_is_a_problem(client: FlaskClient, model: str) -> None:
    assert client.post("/v1/models/mdl_none/predict", json={"inputs": [ROW]}).status_code == 404
    assert client.post(f"/v1/models/{model}/predict", data="x", content_type="image/png").status_code == 415
    assert client.post(f"/v1/models/{model}/predict", data="{", content_type="application/json").status_code == 400


def test_a_batch_is_accepted_with_its_address_and_its_rows_are_there_at_its_end(
    client: FlaskClient, database: Engine, model: str
) -> None:
    asked = {"data": {"inline": {"x": [[*ROW.values()]] * 3}}, "name": "three"}
    accepted = client.post(f"/v1/models/{model}/predictions", json=asked)
    assert (accepted.status_code, accepted.json["status"], accepted.json["name"]) == (202, "queued", "three")
    address = accepted.headers["Location"]
    assert accepted.headers["Retry-After"]
    assert [each["id"] for each in client.get("/v1/predictions").json["data"]] == [accepted.json["id"]]
    held = ledger.claim(database, owner="w", lease_seconds=30)
    assert held is not None
    batch = Batch(database, held, queries.load_order(database, held.job_id))
    batch.run(lambda: False)
    batch.end("succeeded")
    direct = client.post(f"/v1/models/{model}/predict", json={"inputs": [ROW]}).json
    page = client.get(f"{address}/rows?limit=2").json
    assert (page["rows"], page["has_more"], page["next"]) == (3, True, "2")
    assert [row["prediction"] for row in page["data"]] == direct["predictions"] * 2
    assert page["data"][0]["probabilities"] == direct["probabilities"][0]
    lines = client.get(f"{address}/rows", headers={"Accept": "text/csv"}).text.splitlines()
    names = ("setosa", "versicolor", "virginica")
    assert lines[0].split(",") == ["row", "prediction", *(f"probability of {name}" for name in names)]
    assert len(lines) == 4


def test_a_batch_with_a_key_is_made_once(client: FlaskClient, model: str) -> None:
    asked = {"data": {"inline": {"x": [[*ROW.values()]]}}}
    first, again = (
        client.post(f"/v1/models/{model}/predictions", json=asked, headers={"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.data == again.data
    assert len(client.get("/v1/predictions").json["data"]) == 1
