"""Batch predictions: a data set, or rows in the request, predicted by the workers."""

from typing import Any

import numpy as np
import pandas as pd

from tests.journeys.passengers import ROWS, train, upload
from tests.service import Service


def test_a_whole_data_set_is_predicted_by_the_workers_even_if_one_dies(
    service: Service, passengers: pd.DataFrame
) -> None:
    dataset = upload(service, passengers.to_csv(index=False).encode())
    job = train(service, dataset["id"])
    many = pd.concat([passengers.drop(columns="Survived")] * 120)  # 72,000 rows: five parts
    large = upload(service, many.to_csv(index=False).encode(), "many.csv")
    url = f"/v1/models/{job['model']}"
    batch = service.http.post(f"{url}/predictions", json={"data": {"dataset": large["id"]}, "name": "all"})
    assert batch.status_code == 202, batch.text
    address = batch.headers["Location"]
    for process in service.training_processes():
        process.kill()
    service.wait_for(lambda: service.http.get(address).json()["status"] not in ("queued", "running"))
    done = service.http.get(address).json()
    assert (done["status"], done["rows"], done["progress"]["rows"]) == ("succeeded", 72_000, 72_000), done["error"]
    page = service.http.get(f"{address}/rows", params={"limit": 600, "after": 71_400}).json()
    assert [row["row"] for row in page["data"]] == [*range(71_400, 72_000)]
    csv = passengers.to_csv(index=False).encode()
    asked = service.http.post(f"{url}/predict", content=csv, headers={"Content-Type": "text/csv"}).json()
    assert [row["prediction"] for row in page["data"]] == asked["predictions"]
    assert [row["probabilities"] for row in page["data"]] == asked["probabilities"]
    text = service.http.get(f"{address}/rows", params={"limit": 2}, headers={"Accept": "text/csv"}).text
    assert text.splitlines()[0] == "row,prediction,probability of no,probability of yes"
    name = address.rsplit("/", 1)[1]
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/resume"), ("GET", "/events"), ("DELETE", "")):
        assert service.http.request(method, f"/v1/jobs/{name}{path}").status_code == 404  # it is no training job
    assert service.http.delete(address).status_code == 204
    assert service.http.get(address).status_code == 404


def test_rows_inside_the_request_are_predicted_by_the_workers_too(service: Service) -> None:
    job = service.wait(service.post({"data": {"builtin": "diabetes"}, "layers": [4], "training": {"epochs": 2}})["id"])
    url = f"/v1/models/{job['model']}/predictions"
    rows = [[0.01 * column for column in range(10)]] * 3
    address = service.http.post(url, json={"data": {"inline": {"x": rows}}}).headers["Location"]
    service.wait_for(lambda: service.http.get(address).json()["status"] == "succeeded")
    said = service.http.get(f"{address}/rows").json()
    direct = service.http.post(f"/v1/models/{job['model']}/predict", json={"inputs": rows}).json()
    assert [row["prediction"] for row in said["data"]] == direct["predictions"]
    for data, place in (
        ({}, "/data"),
        ({"dataset": 5}, "/data/dataset"),
        ({"inline": {"x": [[1]]}}, "/data/inline/x/0"),
        ({"inline": 3}, "/data/inline"),
        ({"inline": {"x": [[5.1, 3.5, 1.4, 0.2]], "rows": [{}]}}, "/data/inline"),
        ({"inline": {"x": [[5.1, 3.5, 1.4, 0.2]], "y": [1]}}, "/data/inline/y"),
        ({"inline": {"x": [[5.1, 3.5, 1.4, 0.2], {}]}}, "/data/inline/x/1"),
        ({"inline": {"rows": [[5.1, 3.5, 1.4, 0.2]]}}, "/data/inline/rows/0"),
    ):
        refused = service.http.post(url, json={"data": data})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, place)
    assert service.http.post(url, json={"data": {"dataset": "ds_none"}}).status_code == 404
    assert service.http.get(f"/v1/jobs/{address.rsplit('/', 1)[1]}").status_code == 404


def test_a_batch_of_predictions_has_the_life_of_any_job(service: Service) -> None:
    job = service.wait(service.post({"data": {"builtin": "iris"}, "layers": [4], "training": {"epochs": 2}})["id"])
    url = f"/v1/models/{job['model']}/predictions"
    data = {"inline": {"x": [[5.1, 3.5, 1.4, 0.2]]}}
    address = service.http.post(url, json={"data": data}).headers["Location"]
    ended = service.http.get(address, params={"wait": 30, "until": "ended"}).json()
    assert (ended["status"], ended["progress"]) == ("succeeded", {"rows": 1, "fraction": 1.0})
    told = [event["message"] for event in service.http.get(f"{address}/events").json()["data"]]
    assert (told[0], told[-1]) == ("accepted; waiting for a worker", "succeeded after 1 parts")
    stream = service.http.get(f"{address}/events", headers={"Accept": "text/event-stream"}).text
    assert [line for line in stream.splitlines() if line.startswith("event: ")] == ["event: status"] * 3
    for action in ("cancel", "resume"):
        assert service.http.post(f"{address}/{action}").status_code == 409
    wrong = service.http.post(url, json={"data": data, "webhook": {"url": "ftp://example.com"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/webhook/url")
    inside = service.http.post(url, json={"data": data, "webhook": {"url": "http://127.0.0.1:1/"}})
    assert (inside.status_code, inside.json()["errors"][0]["pointer"]) == (422, "/webhook/url")


def test_a_data_set_of_other_values_is_refused_before_the_workers_have_it(
    service: Service, passengers: pd.DataFrame
) -> None:
    codes = np.where(np.arange(ROWS) % 2, "0123", "A1")
    job = train(service, upload(service, passengers.assign(Code=codes).to_csv(index=False).encode())["id"])
    url = f"/v1/models/{job['model']}/predictions"
    frame = passengers.iloc[:50].assign(Code="0123")
    for column, values, words in (
        ("Age", "old", "is 'old'; it must be a number"),
        ("Boarded", 1912, "is 1912; it must be a date"),
        (
            "Code",
            "0123",
            "it must be a string, like '0123' in training; read as a number, it loses leading or trailing",
        ),
    ):
        other = upload(service, frame.assign(**{column: values}).to_csv(index=False).encode(), "other.csv")
        refused = service.http.post(url, json={"data": {"dataset": other["id"]}})
        assert refused.status_code == 422, refused.text
        faults = {fault["pointer"]: fault["detail"] for fault in refused.json()["errors"]}
        assert words in faults[f"/data/dataset/0/{column}"]
    told, csv = "/v1/datasets?texts=Code", {"Content-Type": "text/csv"}
    texts = service.http.post(told, content=frame.to_csv(index=False), headers=csv).json()["id"]
    address = service.http.post(url, json={"data": {"dataset": texts}}).headers["Location"]
    service.wait_for(lambda: service.http.get(address).json()["status"] == "succeeded")
    said = service.http.get(f"{address}/rows").json()["data"]
    alone = service.http.post(url.removesuffix("ions"), content=frame.to_csv(index=False), headers=csv).json()
    assert [row["prediction"] for row in said] == alone["predictions"]


def test_a_batch_takes_the_columns_that_a_prediction_takes_and_lists_the_others(
    service: Service, passengers: pd.DataFrame
) -> None:
    job = train(service, upload(service, passengers.to_csv(index=False).encode())["id"])
    url = f"/v1/models/{job['model']}"
    frame = passengers.drop(columns="Fare").assign(Embarked="n/a")
    dataset = upload(service, frame.to_csv(index=False).encode(), "few.csv")["id"]
    rows = frame.drop(columns="Boarded").assign(Boarded=None).astype(object).where(frame.notna(), None)
    records = rows.to_dict("records")
    several: dict[str, dict[str, Any]] = {"dataset": {"dataset": dataset}, "inline": {"inline": {"rows": records}}}
    said = {}
    for name, data in several.items():
        address = service.http.post(f"{url}/predictions", json={"data": data}).headers["Location"]
        batch = service.http.get(address, params={"wait": 30, "until": "ended"}).json()
        assert batch["ignored_columns"] == ["PassengerId", "Name", "Survived"]
        assert batch["missing_columns"] == ["Fare"]
        said[name] = service.http.get(f"{address}/rows", params={"limit": ROWS}).json()["data"]
    csv = service.http.post(f"{url}/predict", content=frame.to_csv(index=False), headers={"Content-Type": "text/csv"})
    assert [row["probabilities"] for row in said["dataset"]] == csv.json()["probabilities"]
    direct = service.http.post(f"{url}/predict", json={"inputs": records}).json()
    assert [row["probabilities"] for row in said["inline"]] == direct["probabilities"]
    assert direct["ignored_columns"] == csv.json()["ignored_columns"] == ["PassengerId", "Name", "Survived"]
    misspelled = upload(service, passengers.rename(columns={"Fare": "fare"}).to_csv(index=False).encode(), "f.csv")
    refused = service.http.post(f"{url}/predictions", json={"data": {"dataset": misspelled["id"]}})
    detail = "is not an input of this model; did you mean 'Fare'?"
    assert refused.json()["errors"] == [{"pointer": "/data/dataset/fare", "detail": detail}]
