"""Jobs side by side: curves, fields that differ, metrics, weights at one epoch, and the distance of their models."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import check_accessibility, pictures
from tests.service import Service

SPEC: dict[str, Any] = {"data": {"builtin": "iris"}, "layers": [8], "training": {"epochs": 12}}


def test_jobs_are_compared_with_one_epoch_for_all(page: Page, service: Service) -> None:
    jobs = [service.post({**SPEC, "name": name, "initializer": name}) for name in ("zeros", "he_normal")]
    zeros, he = [service.wait(job["id"]) for job in jobs]
    page.goto(f"/console/compare?jobs={zeros['id']},{he['id']}")
    page.locator("#curves .scatterlayer .trace").nth(1).wait_for()
    differ = page.locator("#what-differs-in-the-jobs tbody tr", has_text="layers[0].initializer.name")
    assert differ.locator("td").all_text_contents() == ["layers[0].initializer.name", "zeros", "he_normal"]
    assert page.locator("#metrics strong").count() >= 4
    weights = page.locator("#weights-at-one-epoch")
    slider = weights.get_by_label("Epoch", exact=True)
    slider.focus()
    page.keyboard.press("Home")
    expect(weights.locator("output")).to_have_text("0")
    assert page.evaluate("location.hash").startswith("#epoch=0")
    expect(weights.locator("tbody tr").first).to_contain_text("zeros")
    assert weights.locator("tbody tr").first.locator("td").nth(3).text_content() == "0"  # std before the first step
    page.keyboard.press("ArrowRight")
    expect(weights.locator("output")).to_have_text("1")
    page.reload()
    expect(weights.locator("output")).to_have_text("1")
    page.get_by_text("The models disagree on").wait_for()
    page.get_by_label("Second model").select_option(label="zeros")
    page.get_by_text("All weights are equal.").wait_for()
    check_accessibility(page)
    pictures(page, "compare")
    page.get_by_role("button", name="Table: Metrics").click()
    page.get_by_role("button", name="Download CSV").wait_for()
    page.get_by_role("button", name="curl: Curves").click()
    page.get_by_text(f"/v1/jobs/{zeros['id']}/history").wait_for()


def test_a_comparison_of_one_job_says_how_to_choose(page: Page) -> None:
    page.goto("/console/compare?jobs=job_x")
    page.get_by_text("Select two to 8 jobs").wait_for()
