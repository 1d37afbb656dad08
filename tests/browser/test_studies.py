"""Studies: a lab opened by its form and watched to its verdict, and the page of a mend."""

import json
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import check_accessibility, pictures
from tests.service import Service

LAB_JOB: dict[str, Any] = {"data": {"builtin": "iris"}, "layers": [8, 8], "training": {"epochs": 6}}
SICK: dict[str, Any] = {
    "data": {"builtin": "digits"},
    "layers": [8],
    "initializer": "zeros",
    "training": {"epochs": 20},
}
LONG_MS = 60_000


def test_a_lab_is_opened_by_its_form_and_tells_who_wins(page: Page) -> None:
    page.goto("/console/studies")
    page.get_by_text("No labs yet").wait_for()
    page.get_by_label("The job as JSON").fill(json.dumps(LAB_JOB))
    page.get_by_label("random_normal").uncheck()
    page.get_by_label("Seeds").fill("1")
    page.get_by_role("button", name="Open the lab").click()
    page.get_by_text("it must be at least 2").wait_for()
    page.get_by_label("Seeds").fill("2")
    page.get_by_role("button", name="Open the lab").click()
    page.wait_for_url("**/console/studies/lab_*")
    page.locator(".status.succeeded").wait_for(timeout=LONG_MS)
    page.get_by_text("Best validation log_loss").wait_for()
    ranks = page.locator("#at-the-end tbody tr")
    expect(ranks).to_have_count(3)
    expect(ranks.last).to_contain_text("zeros")
    expect(ranks.last).to_contain_text("equal_units")
    page.locator("#losses-on-the-way .scatterlayer .trace").nth(2).wait_for()
    check_accessibility(page)
    pictures(page, "lab")
    page.get_by_role("link", name="Compare the seeds of zeros").click()
    page.wait_for_url("**/console/compare?jobs=*")
    page.goto("/console/studies")
    page.locator("#initialization-labs tbody tr").first.wait_for()
    check_accessibility(page)
    pictures(page, "studies")


def test_a_mend_shows_its_pairs_its_changes_and_its_verdict(page: Page, service: Service) -> None:
    job = service.wait(service.post(SICK)["id"])
    answer = service.http.post(f"/v1/jobs/{job['id']}/mend", json={})
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    page.goto(f"/console/studies/{answer.json()['id']}")
    page.locator(".status.succeeded").wait_for(timeout=LONG_MS)
    page.get_by_text("The change helped").wait_for()
    expect(page.locator("#pairs svg rect.mended")).to_have_count(3)
    page.locator("#what-was-changed").get_by_text("layers[0].initializer").wait_for()
    check_accessibility(page)
    pictures(page, "mend")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/console/studies")
    assert service.http.get(f"/v1/mends/{answer.json()['id']}").status_code == httpx.codes.NOT_FOUND
