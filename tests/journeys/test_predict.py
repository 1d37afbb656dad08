"""Predict as clients see it: every form of a body is refused alike, and every API process knows the same models."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pytest

from steelyard.inference.service import Predictor
from steelyard.store.engine import make_engine
from steelyard.tabular.readers.options import XLSX
from tests.contract import Client
from tests.journeys.passengers import train, upload, without_ignored
from tests.service import SMALLEST, Service, free_port
from tests.tabular.readers.workbooks import rows, workbook

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


def refusal(service: Service, model: str, frame: pd.DataFrame, form: str) -> dict[str, Any]:
    body = FORMS[form](frame)
    answer = service.http.post(f"/v1/models/{model}/predict", content=body, headers={"Content-Type": form})
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    return dict(error)


@pytest.mark.parametrize("form", FORMS)
def test_lacking_inputs_and_other_columns_are_listed_in_every_form(service: Service, model: str, form: str) -> None:
    body = FORMS[form](pd.DataFrame([ROW | {"note": "x"}]).drop(columns=COLUMN))
    answer = service.http.post(f"/v1/models/{model}/predict", content=body, headers={"Content-Type": form})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["ignored_columns"], answer.json()["missing_columns"]) == (["note"], [COLUMN])


@pytest.mark.parametrize("form", FORMS)
def test_a_misspelled_feature_is_named_in_every_form(service: Service, model: str, form: str) -> None:
    error = refusal(service, model, pd.DataFrame([ROW]).rename(columns={COLUMN: "petal length"}), form)
    assert error["pointer"] == "/inputs/0/petal length"
    assert f"did you mean '{COLUMN}'?" in error["detail"]


@pytest.mark.parametrize("form", FORMS)
def test_a_text_for_a_number_is_named_in_every_form(service: Service, model: str, form: str) -> None:
    frame = pd.DataFrame([ROW, {**ROW, COLUMN: "wide"}]).astype({COLUMN: str})
    if form == "application/json":
        frame = pd.DataFrame([ROW, {**ROW, COLUMN: "wide"}])
    error = refusal(service, model, frame, form)
    assert error["pointer"] == f"/inputs/1/{COLUMN}"
    assert "'wide'" in error["detail"]


@pytest.mark.parametrize("form", FORMS)
def test_a_number_that_is_none_is_named_in_every_form(service: Service, model: str, form: str) -> None:
    beyond = 1e300 if "json" in form else np.inf  # JSON has no infinity; whoever sends one is told so with a 400
    error = refusal(service, model, pd.DataFrame([ROW, {**ROW, COLUMN: beyond}]), form)
    assert error["pointer"] == f"/inputs/1/{COLUMN}"
    assert "within" in error["detail"]


def test_a_file_to_predict_is_read_as_its_options_say(service: Service, model: str) -> None:
    url = f"/v1/models/{model}/predict"
    expected = service.http.post(url, json={"inputs": [ROW]}).json()["predictions"]
    values = " ".join(str(value).replace(".", ",") for value in ROW.values())
    plain = f"Iris of Anderson\n! in cm\n{' '.join(ROW)}\n{values}\n".encode("utf-16-le")
    options: dict[str, str | int] = {"delimiter": "whitespace", "decimal": ",", "comment": "!", "skip_rows": 1}
    headers = {"Content-Type": "text/csv; charset=utf-16le"}
    assert service.http.post(url, content=plain, headers=headers, params=options).json()["predictions"] == expected
    sheet = workbook({"s": rows(["Iris"], first=2) + rows([*ROW], [*ROW.values()], first=4)})
    answer = service.http.post(url, content=sheet, headers={"Content-Type": XLSX}, params={"header": 4})
    assert answer.json()["predictions"] == expected
    refused = service.http.post(url, json={"inputs": [ROW]}, params={"delimiter": ";"})
    assert refused.status_code == 422
    assert "'delimiter': is an option of files, and the body is JSON" in refused.json()["detail"]


def test_many_rows_in_one_arrow_body_are_predicted_as_each_alone(service: Service, model: str) -> None:
    rows = np.random.default_rng(0).uniform(0, 8, (20_000, 4))
    frame = pd.DataFrame(rows, columns=list(ROW))
    url, headers = f"/v1/models/{model}/predict", {"Content-Type": ARROW}
    answer = service.http.post(url, content=as_arrow(frame[frame.columns[::-1]]), headers=headers).json()
    some = [0, 511, 512, 1024, 8191, 8192, 19_999]
    alone = service.http.post(url, json={"inputs": rows[some].tolist()}).json()
    assert [answer["predictions"][row] for row in some] == alone["predictions"]
    assert np.allclose([answer["probabilities"][row] for row in some], alone["probabilities"], atol=1e-6)
    assert len(answer["predictions"]) == len(rows)


def test_loaded_models_stay_within_their_bytes_and_are_loaded_anew(service: Service) -> None:
    ids = [
        service.wait(service.post({**SMALLEST, "training": {"seed": n, "epochs": 1}})["id"])["model"] for n in range(4)
    ]
    engine = make_engine(f"sqlite:///{service.data_dir / 'steelyard.db'}")
    body = orjson.dumps({"inputs": [list(ROW.values())]})
    roomy = Predictor(engine)
    roomy.predict(ids[0], body)  # with the buffers of this thread
    most = int(2.1 * roomy.nbytes)  # two models, whose names differ in length
    narrow = Predictor(engine, max_bytes=most)
    for model_id in ids * 2:
        said = narrow.predict(model_id, body)
        assert narrow.nbytes <= most
        assert said.probabilities.tolist() == roomy.predict(model_id, body).probabilities.tolist()
    assert roomy.nbytes == pytest.approx(2 * narrow.nbytes, rel=0.05)
    engine.dispose()


@contextmanager
def second_api(service: Service) -> Iterator[httpx.Client]:
    """Another API process on the service's database and broker."""
    ours = {"STEELYARD_DATA_DIR": str(service.data_dir), "STEELYARD_PORT": str(free_port())}
    program = [str(Path(sys.executable).with_name("steelyard")), "api"]
    process = subprocess.Popen(program, env=os.environ | ours, stderr=subprocess.DEVNULL)
    with Client(base_url=f"http://127.0.0.1:{ours['STEELYARD_PORT']}", timeout=30, trust_env=False) as client:

        def answers() -> bool:
            try:
                return client.get("/healthz").is_success
            except httpx.TransportError:
                return False

        service.wait_for(answers)
        yield client
    process.terminate()
    process.wait(20)


def test_every_api_process_sees_within_a_second_what_another_changed(service: Service) -> None:
    first, second = (service.wait(service.post({**SMALLEST, "training": {"seed": n}})["id"])["model"] for n in (1, 2))
    body = {"inputs": [list(ROW.values())]}
    with second_api(service) as other:

        def asked(reference: str) -> httpx.Response:
            return other.post(f"/v1/models/{reference}/predict", json=body)

        service.http.put(f"/v1/models/{first}/aliases/flowers").raise_for_status()
        assert [asked(name).json()["model"] for name in ("flowers", first)] == [first, first]
        service.http.put(f"/v1/models/{second}/aliases/flowers").raise_for_status()
        time.sleep(1)
        assert asked("flowers").json()["model"] == second
        service.http.delete(f"/v1/models/{first}").raise_for_status()
        service.http.delete(f"/v1/models/{second}", params={"force": "true"}).raise_for_status()
        time.sleep(1)
        assert [asked(name).status_code for name in ("flowers", first, second)] == [404, 404, 404]


def test_every_form_of_a_row_is_predicted_alike(service: Service, passengers: pd.DataFrame) -> None:
    dataset = upload(service, passengers.to_csv(index=False).encode())
    job = train(service, dataset["id"])
    url = f"/v1/models/{job['model']}/predict"
    stored = service.http.get(f"/v1/jobs/{job['id']}/predictions", params={"limit": 500}).json()["data"]
    rows = passengers.iloc[[row["row"] for row in stored]]
    csv = rows[rows.columns[::-1]].to_csv(index=False).encode()
    parquet = io.BytesIO()
    rows.to_parquet(parquet)
    listed = rows[job["data"]["features"]].astype({"Boarded": str}).astype(object)
    records = listed.where(listed.notna(), None).to_dict("records")
    answers = [
        service.http.post(url, json={"inputs": records}),
        service.http.post(url, json={"inputs": [[*record.values()] for record in records]}),
        service.http.post(url, content=csv, headers={"Content-Type": "text/csv"}),
        service.http.post(url, content=parquet.getvalue(), headers={"Content-Type": "application/vnd.apache.parquet"}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4, [answer.text[:300] for answer in answers]
    first, *others = [answer.json() for answer in answers]
    assert first["predictions"] == [row["prediction"] for row in stored]
    for other in others:
        assert without_ignored(other) == first
    assert first["probabilities"] == [row["probabilities"] for row in stored]
    for place, record in enumerate(records[:5]):
        shuffled = dict(reversed(record.items()))
        alone = service.http.post(url, json={"inputs": [shuffled]}).json()
        assert alone["probabilities"] == [first["probabilities"][place]]
