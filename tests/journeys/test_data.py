"""Somebody's own data: a file becomes a model behind an endpoint in two requests."""

import csv
import io
import json
import socket
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.service import Service

ROWS = 600


@pytest.fixture(scope="module")
def passengers() -> pd.DataFrame:
    """A table as people have them: categories, dates, holes, names, a number for each row."""
    generator = np.random.default_rng(7)
    sex = generator.choice(["male", "female"], ROWS)
    age = generator.normal(35, 12, ROWS).round(1)
    fare = generator.lognormal(3, 1, ROWS).round(2)
    port = generator.choice(["Southampton", "Cherbourg", "Queenstown"], ROWS, p=[0.7, 0.2, 0.1])
    chance = 1 / (1 + np.exp(-(2.5 * (sex == "female") - 0.04 * (age - 30) + 0.4 * np.log(fare) - 2.5)))
    return pd.DataFrame({
        "PassengerId": np.arange(1, ROWS + 1),
        "Name": [f"Passenger, Mr. Number {number}" for number in range(ROWS)],
        "Sex": sex,
        "Age": np.where(generator.random(ROWS) < 0.2, np.nan, age),
        "Fare": fare,
        "Embarked": pd.Series(port).where(generator.random(ROWS) > 0.02),
        "Boarded": pd.to_datetime("1912-04-10") + pd.to_timedelta(generator.integers(0, 5, ROWS), unit="D"),
        "Alone": generator.random(ROWS) < 0.6,
        "Survived": np.where(generator.random(ROWS) < chance, "yes", "no"),
    })  # fmt: skip


def upload(service: Service, content: bytes, name: str = "titanic.csv") -> dict[str, Any]:
    answer = service.http.post("/v1/datasets", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    dataset: dict[str, Any] = answer.json()
    return dataset


def train(service: Service, dataset: str, **fields: Any) -> dict[str, Any]:
    spec = {"data": {"dataset": dataset, "target": "Survived"}, "layers": [16], **fields}
    spec["training"] = {"epochs": 30, **fields.get("training", {})}
    job = service.wait(service.post(spec)["id"])
    assert job["status"] == "succeeded", job["error"]
    return job


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
        assert other == first
    assert first["probabilities"] == [row["probabilities"] for row in stored]
    for place, record in enumerate(records[:5]):
        shuffled = dict(reversed(record.items()))
        alone = service.http.post(url, json={"inputs": [shuffled]}).json()
        assert alone["probabilities"] == [first["probabilities"][place]]


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


def test_labels_that_a_spreadsheet_would_take_for_formulas_are_exported_as_texts(service: Service) -> None:
    rows = [{"a": place, "target": ("=cmd()", "@sum")[place % 2]} for place in range(20)]
    body = {"task": "binary", "data": {"inline": {"rows": rows}}, "validation": None, "training": {"epochs": 1}}
    job = service.wait(service.post({**body, "layers": [{"type": "dense", "units": 1}]})["id"])
    assert job["status"] == "succeeded", job["error"]
    address, form = f"/v1/jobs/{job['id']}", {"Accept": "text/csv"}
    text = service.http.get(f"{address}/predictions", params={"split": "train"}, headers=form).text
    header, *lines = csv.reader(io.StringIO(text))
    assert {*header[3:]} == {"probability of =cmd()", "probability of @sum"}
    assert {line[1] for line in lines} == {"'=cmd()", "'@sum"}
    assert {line[2] for line in lines} <= {"'=cmd()", "'@sum"}
    history = service.http.get(f"{address}/history", headers=form).text
    assert not any(cell.startswith(("=", "@", "'")) for line in csv.reader(io.StringIO(history)) for cell in line)


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
    assert len({json.dumps(answer.json()) for answer in sent}) == 1
    refused = service.http.post(url, json={"inputs": [rows[0][0] | {"Boarded": "1912/31/31"}]})
    assert refused.json()["errors"][0]["pointer"] == "/inputs/0/Boarded"


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
        assert in_csv == service.http.post(url, json={"inputs": record}).json()
        assert in_csv["predictions"] == [frame["Survived"][row]]


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
