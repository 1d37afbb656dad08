"""Predict as clients see it: every form of a body is refused alike, and every API process knows the same models."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pandas as pd

from tests.contract import Client
from tests.journeys.passengers import train, upload, without_ignored
from tests.service import SMALLEST, Service, free_port

ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


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
