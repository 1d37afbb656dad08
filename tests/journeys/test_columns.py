"""Columns: types, preprocessing and categories mean the same from the file to the prediction."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.journeys.passengers import ROWS, train, upload, without_ignored
from tests.service import Service


@pytest.mark.parametrize("learned", ["text/csv", "application/vnd.apache.parquet"])
def test_spaces_and_times_of_day_mean_the_same_wherever_rows_come_from(
    service: Service, passengers: pd.DataFrame, learned: str
) -> None:
    ports = passengers["Embarked"].replace({"Cherbourg": "Cherbourg ", "Queenstown": "  "})
    frame = passengers.assign(Embarked=ports, **{" At": [f"{row % 24}:{row % 60:02}" for row in range(ROWS)]})
    frame = frame[["Embarked", "Fare", " At", "Survived"]]

    def sent(rows: pd.DataFrame) -> dict[str, bytes]:
        parquet = io.BytesIO()
        rows.to_parquet(parquet)
        return {"text/csv": rows.to_csv(index=False).encode(), "application/vnd.apache.parquet": parquet.getvalue()}

    answer = service.http.post("/v1/datasets", content=sent(frame)[learned], headers={"Content-Type": learned})
    columns = {column["name"]: column for column in answer.json()["columns"]}
    assert [value["value"] for value in columns["Embarked"]["top"]] == ["Southampton", "Cherbourg"]
    assert (columns["At"]["schema"], columns["At"]["kind"]) == ({"type": "time_of_day"}, "numeric")
    job = train(service, answer.json()["id"], training={"epochs": 3})
    address = f"/v1/models/{job['model']}"
    [at] = [each for each in service.http.get(address).json()["inputs"] if each["name"] == "At"]
    assert at["schema"] == {"type": "time_of_day"}
    stored = service.http.get(f"/v1/jobs/{job['id']}/predictions", params={"limit": 500}).json()["data"]
    rows = frame.iloc[[row["row"] for row in stored]].drop(columns="Survived")
    records = rows.astype(object).where(rows.notna(), None).to_dict("records")
    answers = [
        service.http.post(f"{address}/predict", json={"inputs": records}),
        *(
            service.http.post(f"{address}/predict", content=content, headers={"Content-Type": kind})
            for kind, content in sent(rows).items()
        ),
    ]
    assert [answer.status_code for answer in answers] == [200] * 3, [answer.text[:300] for answer in answers]
    expected = [row["probabilities"] for row in stored]
    assert [answer.json()["probabilities"] for answer in answers] == [expected] * 3


@pytest.mark.parametrize(
    "preprocessing",
    [
        {"categorical": "embedding", "datetime": "parts"},
        {"numeric": "robust", "missing": "median", "missing_indicator": True, "max_categories": 2},
        {"categorical": "ignore", "datetime": "ignore", "missing": "most_frequent"},
        {"missing": "most_frequent", "min_frequency": 30, "unknown": "error"},
    ],
)
def test_every_preprocessing_trains_and_predicts(
    service: Service, passengers: pd.DataFrame, preprocessing: dict[str, Any]
) -> None:
    dataset = upload(service, passengers.to_csv(index=False).encode())
    job = train(service, dataset["id"], preprocessing=preprocessing)
    row = {"Sex": "female", "Age": None, "Fare": 7.5, "Embarked": "Cherbourg", "Boarded": "1912-04-10", "Alone": True}
    model = service.http.get(f"/v1/models/{job['model']}").json()
    inputs = [{column["name"]: row[column["name"]] for column in model["inputs"]}]
    answer = service.http.post(f"/v1/models/{job['model']}/predict", json={"inputs": inputs})
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"][0] in ("yes", "no")


def test_rare_categories_are_said_to_share_a_place(service: Service, passengers: pd.DataFrame) -> None:
    dataset = upload(service, passengers.to_csv(index=False).encode())
    job = train(service, dataset["id"], preprocessing={"max_categories": 2}, training={"epochs": 1})
    [finding] = [each for each in job["findings"] if each["code"] == "rare_categories"]
    assert "1 of the 3 categories of 'Embarked'" in finding["message"]


@pytest.mark.parametrize(("written", "day_first"), [("%m/%d/%Y", False), ("%d/%m/%Y %H:%M", True), ("%d %b %Y", None)])
def test_dates_as_people_write_them_are_dates_to_the_end(
    service: Service, passengers: pd.DataFrame, written: str, day_first: bool | None
) -> None:
    frame = passengers.assign(Boarded=pd.date_range("1912-01-01", periods=ROWS, freq="7h"))
    texts = frame.assign(Boarded=frame["Boarded"].dt.normalize().dt.strftime(written))
    dataset = upload(service, texts.to_csv(index=False).encode())
    [boarded] = [column for column in dataset["columns"] if column["name"] == "Boarded"]
    assert (boarded["kind"], boarded["min"]) == ("datetime", "1912-01-01T00:00:00Z")
    assert boarded["schema"].get("day_first") is day_first
    job = train(service, dataset["id"], validation={"fraction": 0.1, "time": "Boarded"}, training={"epochs": 2})
    stored = service.http.get(f"/v1/jobs/{job['id']}/predictions", params={"limit": 500}).json()["data"]
    latest = [row["row"] for row in stored]
    assert frame["Boarded"][latest].min() >= frame["Boarded"].drop(latest).max().normalize()
    url = f"/v1/models/{job['model']}/predict"
    # A date of which nothing else tells what the day is, in a file and in a row; and as it is always clear.
    row = texts.iloc[[5]].assign(Boarded=pd.Timestamp("1912-02-03").strftime(written))
    clear = row.assign(Boarded="1912-02-03")
    sent = [
        service.http.post(url, content=each.to_csv(index=False), headers={"Content-Type": "text/csv"})
        for each in (row, clear)
    ]
    rows = [json.loads(each[job["data"]["features"]].to_json(orient="records")) for each in (row, clear)]
    sent += [service.http.post(url, json={"inputs": each}) for each in rows]
    assert [answer.status_code for answer in sent] == [200] * 4, [answer.text for answer in sent]
    assert len({json.dumps(without_ignored(answer.json())) for answer in sent}) == 1
    refused = service.http.post(url, json={"inputs": [rows[0][0] | {"Boarded": "1912/31/31"}]})
    assert refused.json()["errors"][0]["pointer"] == "/inputs/0/Boarded"


def test_numbers_that_are_names_are_categories_if_it_is_said(service: Service, passengers: pd.DataFrame) -> None:
    frame = passengers.assign(Class=np.arange(ROWS) % 3 + 1, Survived=np.where(np.arange(ROWS) % 3 == 1, "yes", "no"))
    content, few = frame.to_csv(index=False).encode(), frame.iloc[:50].to_csv(index=False).encode()
    url, csv = "/v1/datasets?texts=Class", {"Content-Type": "text/csv"}
    dataset = service.http.post(url, content=content, headers=csv).json()["id"]
    data = {"dataset": dataset, "target": "Survived", "features": ["Class"]}
    spec = {"data": data, "layers": [], "optimizer": {"name": "adam", "learning_rate": 0.1}}
    other = service.http.post("/v1/datasets", content=few, headers=csv).json()["id"]
    refused = service.http.post("/v1/jobs", json=spec | {"validation": {"dataset": other}})
    assert "upload it with ?texts=Class to read the column as strings" in refused.json()["errors"][0]["detail"]
    other = service.http.post(url, content=few, headers=csv).json()["id"]
    training = {"epochs": 50, "seed": 1}
    job = service.wait(service.post(spec | {"validation": {"dataset": other}, "training": training})["id"])
    assert job["metrics"]["validation"]["accuracy"] == 1, job  # a linear model has no such of the numbers
    predict = f"/v1/models/{job['model']}/predict"
    rows = [["1"], ["2"], ["3"], [2]]
    said = service.http.post(predict, json={"inputs": rows}).json()
    assert said["predictions"] == ["no", "yes", "no", "yes"]
    in_csv = service.http.post(predict, content="Class\n1\n2\n3\n2\n", headers=csv).json()
    assert in_csv == said


def test_codes_that_look_like_numbers_are_the_categories_that_they_were(
    service: Service, passengers: pd.DataFrame
) -> None:
    codes = np.where(np.arange(ROWS) % 2, "0123", np.where(np.arange(ROWS) % 4, "TRUE", "A1"))
    frame = passengers.assign(Code=codes, Survived=np.where(np.arange(ROWS) % 2, "yes", "no"))
    job = train(service, upload(service, frame.to_csv(index=False).encode())["id"])
    url = f"/v1/models/{job['model']}/predict"
    for row in (1, 2):
        alone = frame.iloc[[row]]
        in_csv = service.http.post(url, content=alone.to_csv(index=False), headers={"Content-Type": "text/csv"}).json()
        record = json.loads(
            alone.assign(Boarded=str(alone["Boarded"].iloc[0]))[job["data"]["features"]].to_json(orient="records")
        )
        assert without_ignored(in_csv) == service.http.post(url, json={"inputs": record}).json()
        assert in_csv["predictions"] == [frame["Survived"][row]]
