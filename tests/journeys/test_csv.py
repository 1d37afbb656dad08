"""Tables of a job as CSV."""

import csv
import io

from tests.service import SMALLEST, Service


def test_tables_come_as_csv_too(service: Service) -> None:
    job = service.wait(service.post({**SMALLEST, "training": {"epochs": 2}})["id"])
    assert job["status"] == "succeeded", job["error"]
    for name, first in (("history", "epoch,loss"), ("predictions", "row,target,prediction,probability of setosa")):
        answer = service.http.get(f"/v1/jobs/{job['id']}/{name}", headers={"Accept": "text/csv"})
        assert answer.headers["Content-Type"].startswith("text/csv")
        assert answer.text.startswith(first)


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
