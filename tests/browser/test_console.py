"""The console in a real browser: what it shows, that it is live, that it asks nobody else."""

import json
from typing import Any

from playwright.sync_api import Page

from tests.service import SMALLEST, Service

LONG_MS = 30_000


def test_a_job_is_submitted_watched_and_understood(page: Page) -> None:
    page.goto("/")
    page.get_by_label("The job as JSON").fill(json.dumps(SMALLEST))
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url("**/console/jobs/job_*")
    page.locator("#status.succeeded").wait_for()
    page.get_by_text("training stopped after epoch 443 of at most 1000").wait_for()
    page.locator("#curve[data-points='443'] .scatterlayer path.js-line").first.wait_for()
    page.get_by_text("weights of epoch 427").wait_for()
    page.get_by_text("training.epochs = 1000").wait_for()
    assert page.locator("#curve .scatterlayer .trace").count() == 2
    assert page.locator("#metrics tbody tr").count() == 6  # of two splits: the network and two baselines
    page.get_by_role("button", name="dense_1/kernel").click()
    page.locator("#histogram .bars").first.wait_for()
    page.get_by_role("button", name="Integrated gradients").click()
    page.locator("#looks .bars .point").nth(3).wait_for()
    page.get_by_text("Agreement: permutation and integrated gradients").wait_for()


def test_the_curve_grows_while_the_job_trains(page: Page, service: Service) -> None:
    spec: dict[str, Any] = {"data": {"builtin": "digits"}, "layers": [128, 128], "training": {"epochs": 100_000}}
    job = service.post({**spec, "name": "long"})
    page.goto(f"/console/jobs/{job['id']}")
    page.locator("#status.running").wait_for()
    curve = page.locator("#curve[data-points]")
    curve.wait_for()
    before = curve.get_attribute("data-points")
    page.locator(f"#curve[data-points]:not([data-points='{before}'])").wait_for()
    assert int(curve.get_attribute("data-points") or 0) > int(before or 0)
    page.get_by_role("button", name="Cancel").click()
    page.locator("#status.cancelled").wait_for()
    assert service.get(job["id"])["status"] == "cancelled"


def test_what_users_write_is_text_and_never_markup(page: Page, service: Service) -> None:
    name = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    job = service.post({**SMALLEST, "name": name, "training": {"epochs": 1}})
    service.wait(job["id"])
    page.goto("/")
    page.get_by_text(name).first.wait_for()
    page.goto(f"/console/jobs/{job['id']}")
    page.get_by_role("heading", name=name).wait_for()
    assert dialogs == []


def test_a_failed_job_says_why(page: Page, service: Service) -> None:
    spec = {"data": {"builtin": "diabetes"}, "layers": [8], "optimizer": {"name": "sgd", "learning_rate": 1e30}}
    job = service.wait(service.post(spec)["id"])
    page.goto(f"/console/jobs/{job['id']}")
    page.locator("#error").get_by_text("smaller learning rate").wait_for()


def test_the_api_can_be_read_and_tried_without_a_network(page: Page) -> None:
    page.goto("/docs")
    page.get_by_text("Submit a training job").wait_for(timeout=LONG_MS)
