"""Splits: which rows a job learns from, and which it keeps back."""

from typing import Any

import numpy as np
import pandas as pd

from tests.journeys.passengers import ROWS, train, upload
from tests.service import Service


def test_rows_are_kept_back_as_the_job_says(service: Service, passengers: pd.DataFrame) -> None:
    frame = passengers.assign(Family=np.arange(ROWS) % 60, Part=np.where(np.arange(ROWS) % 4 == 0, "held", "free"))
    dataset = upload(service, frame.to_csv(index=False).encode())

    def rows(part: str = "validation", **holdouts: Any) -> list[int]:
        job = train(service, dataset["id"], training={"epochs": 1}, **holdouts)
        query: dict[str, Any] = {"split": part, "limit": 1000}
        return [
            row["row"] for row in service.http.get(f"/v1/jobs/{job['id']}/predictions", params=query).json()["data"]
        ]

    grouped = {row % 60 for row in rows(validation={"fraction": 0.25, "group": "Family"})}
    assert len(grouped) == 15
    assert len(rows(validation={"fraction": 0.25, "group": "Family"})) == 150
    held = rows(validation={"column": "Part", "value": "held"})
    assert held == [row for row in range(ROWS) if row % 4 == 0]
    latest = rows(validation={"fraction": 0.1, "time": "Boarded"})
    assert frame["Boarded"][latest].min() >= frame["Boarded"].drop(latest).max()
    other = upload(service, frame.iloc[:50].to_csv(index=False).encode(), "other.csv")
    assert rows(validation={"dataset": other["id"]}) == [*range(50)]
    assert rows("test", test={"dataset": other["id"]}, validation={"fraction": 0.1}) == [*range(50)]


def test_rows_without_a_target_are_left_out_and_keep_their_numbers(service: Service, passengers: pd.DataFrame) -> None:
    known = np.arange(ROWS) % 5 > 0
    frame = passengers.assign(Survived=passengers["Survived"].where(known))
    dataset = upload(service, frame.to_csv(index=False).encode())
    other = upload(service, frame.iloc[:50].to_csv(index=False).encode(), "other.csv")
    job = train(service, dataset["id"], validation={"dataset": other["id"]}, test={"fraction": 0.2})
    assert (job["data"]["rows"], job["data"]["rows_left_out"]) == (520, 130)  # of both data sets
    [finding] = [finding for finding in job["findings"] if finding["code"] == "missing_targets"]
    assert finding["message"].startswith("130 of 650 rows")
    for split, of in (("validation", frame.iloc[:50]), ("test", frame), ("train", frame)):
        query: dict[str, Any] = {"split": split, "limit": 1000}
        stored = service.http.get(f"/v1/jobs/{job['id']}/predictions", params=query).json()["data"]
        assert stored, split
        for row in stored:
            assert row["target"] == of["Survived"][row["row"]], split
    unknown = upload(service, frame[~known].to_csv(index=False).encode(), "unknown.csv")
    spec = {"data": {"dataset": dataset["id"], "target": "Survived"}, "layers": [], "test": {"dataset": unknown["id"]}}
    [fault] = service.http.post("/v1/jobs", json=spec).json()["errors"]
    assert (fault["pointer"], "no row with a target" in fault["detail"]) == ("/test/dataset", True)
    explained = service.http.post(f"/v1/models/{job['model']}/explain", json={"method": "permutation"}).json()
    assert explained["rows"] == 40


def test_a_file_of_other_values_is_not_taken_for_validation(service: Service, passengers: pd.DataFrame) -> None:
    dataset = upload(service, passengers.to_csv(index=False).encode())
    for column, values, kind in (
        ("Boarded", 19120410, "numeric"),
        ("Alone", "maybe", "categorical"),
        ("Age", "x", "categorical"),
    ):
        other = upload(
            service, passengers.iloc[:50].assign(**{column: values}).to_csv(index=False).encode(), "other.csv"
        )
        spec = {
            "data": {"dataset": dataset["id"], "target": "Survived"},
            "layers": [2],
            "validation": {"dataset": other["id"]},
        }
        answer = service.http.post("/v1/jobs", json=spec)
        assert answer.status_code == 422, answer.text
        [fault] = answer.json()["errors"]
        assert fault["pointer"] == "/validation/dataset"
        assert f"has {kind} values in '{column}'" in fault["detail"]
