"""The page of a job: curves, findings and their repair, the recording with its slider, the results."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import check_accessibility, layout_shift, pictures
from tests.service import SMALLEST, Service

TRAINED_MS = 30_000
STILL = 0.05  # below 0.1, nobody misses a button; it is 0.8 without places reserved for what is drawn
DIGITS = {"data": {"builtin": "digits"}, "layers": [64, 32], "training": {"epochs": 16}}
FOLLOWERS = (
    "#network canvas",
    "#unit",
    "#gains",
    "#layers",
    "#kernel canvas",
    "#boundary .body > canvas",
    "#histograms",
)
POINT_AT_AN_EDGE = """() => {
  const canvas = document.querySelector("#network canvas.over");
  const { left, top, width, height } = canvas.getBoundingClientRect();
  for (let y = 0; y < height && !document.querySelector("#network .tip svg"); y += 1)
    canvas.dispatchEvent(new MouseEvent("mousemove", { clientX: left + 0.45 * width, clientY: top + y }));
}"""


@pytest.fixture(autouse=True)
def _patience() -> None:
    expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def digits(service: Service) -> str:
    return str(service.wait(service.post(DIGITS)["id"])["id"])


def panel(page: Page, selector: str) -> Locator:
    """A panel, scrolled to: those out of sight are not drawn."""
    found = page.locator(selector).first
    found.scroll_into_view_if_needed()
    return found


def require_epoch(page: Page, epoch: int) -> None:
    for follower in FOLLOWERS:
        expect(panel(page, follower)).to_have_attribute("data-epoch", str(epoch))


def test_a_job_is_watched_and_understood(page: Page, service: Service) -> None:
    job = service.post(SMALLEST)
    page.goto(f"/console/jobs/{job['id']}")
    page.locator("#status.succeeded").wait_for(timeout=TRAINED_MS)
    page.get_by_text("training stopped after epoch 443 of at most 1000").wait_for()
    page.locator(".curves[data-epochs='443'] .curve.main .scatterlayer path.js-line").first.wait_for()
    page.get_by_text("weights of epoch 427").wait_for()
    assert page.locator(".curve.main .scatterlayer .trace").count() == 2
    chart = page.locator(".curve.main .nsewdrag").bounding_box()
    assert chart is not None
    page.mouse.move(chart["x"] + 0.5 * chart["width"], chart["y"] + 50)
    page.mouse.down()
    page.mouse.move(chart["x"] + 0.9 * chart["width"], chart["y"] + 52, steps=4)
    page.mouse.up()
    top = "document.querySelector('.curve.main .chart')._fullLayout.yaxis.range[1]"
    page.wait_for_function(f"() => {top} < 0.5")  # that of the epochs that are seen; the first loss is above 1
    page.mouse.dblclick(chart["x"] + 50, chart["y"] + 50)
    page.wait_for_function(f"() => {top} > 0.9")
    expect(page.locator("#metrics-panel thead").first).to_contain_text("linear")
    page.get_by_text("training.epochs = 1000").wait_for()

    page.get_by_role("button", name="Permutation").click()
    expect(page.locator("#importance .importances li")).to_have_count(4, timeout=TRAINED_MS)
    expect(page.locator("#importance .note")).to_contain_text("above the line")
    page.get_by_role("button", name="Work through it").click()
    expect(page.locator("#worked-step .note")).to_contain_text("✓ agree with central differences")
    expect(panel(page, "#report .confusion tbody tr")).to_be_visible()
    expect(panel(page, "#try input")).not_to_have_value("")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.locator("#try .prediction")).to_contain_text("Answer: ")
    with page.expect_download() as download:
        page.get_by_role("button", name="Weights, safetensors").click()
    assert download.value.suggested_filename == f"{job['id']}.safetensors"


def test_one_slider_moves_every_panel_and_the_address(page: Page, digits: str) -> None:
    page.goto(f"/console/jobs/{digits}")
    require_epoch(page, 16)  # which scrolls to each panel, so that it is drawn
    assert layout_shift(page) < STILL
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    require_epoch(page, 8)
    page.wait_for_url("**#epoch=8")

    expect(panel(page, "#network canvas")).to_have_attribute("data-edges", "1392")  # 24·24 + 24·24 + 24·10
    page.get_by_label("Layer", exact=True).first.select_option("dense_2")
    page.get_by_label("Unit", exact=True).first.fill("5")
    page.locator("#unit .weight").first.click()
    expect(page.locator("#unit dl.facts")).to_contain_text("gradient")
    page.wait_for_url("**#epoch=8&layer=dense_2&unit=5&input=*")
    chosen = page.locator("#unit h4").text_content() or ""
    page.reload()
    panel(page, "#unit")
    expect(page.locator("#unit h4")).to_have_text(chosen)
    require_epoch(page, 8)
    expect(page.locator("#kernel-tensor")).to_have_value("dense_2/kernel")

    page.get_by_role("button", name="▶ Play").click()
    page.wait_for_url("**#epoch=16*")
    expect(page.get_by_role("button", name="▶ Play")).to_be_visible()
    check_accessibility(page)
    pictures(page, "job")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/console/jobs/{digits}?phone")
    expect(panel(page, "#histograms")).to_have_attribute("data-epoch", "16")
    assert layout_shift(page) < STILL


def test_the_recording_is_used_by_keyboard_and_its_edges_are_pointed_at(page: Page, digits: str) -> None:
    page.goto(f"/console/jobs/{digits}#epoch=4")
    expect(panel(page, "#network canvas")).to_have_attribute("data-epoch", "4")
    page.locator("#play").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#epoch-label")).to_contain_text("epoch 6 of 16")
    page.locator(".network-frame").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#unit-title")).to_contain_text("dense_2, unit")
    page.evaluate(POINT_AT_AN_EDGE)
    tip = page.locator("#network .tip")
    expect(tip).to_contain_text(re.compile("gradient .*change since epoch 4: ", re.DOTALL))
    expect(tip.locator("svg .line")).to_have_count(1)
    page.locator("#unit .weight").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#unit .weight[aria-pressed='true']")).to_be_focused()
    expect(page.locator("#unit .edge-facts svg")).to_be_visible()


def test_a_finding_is_mended_from_the_page(page: Page, service: Service) -> None:
    spec: dict[str, Any] = {
        "data": {"builtin": "iris"},
        "layers": [16, 16],
        "optimizer": {"name": "sgd", "learning_rate": 3},
        "preprocessing": {"numeric": "none"},
        "training": {"epochs": 20},
    }
    job = service.wait(service.post(spec)["id"])
    page.goto(f"/console/jobs/{job['id']}")
    finding = page.locator("[data-code='learning_rate_too_high']")
    expect(finding).to_contain_text("optimizer › learning rate: 3 → 0.01")
    finding.get_by_text("Evidence: ").click()
    expect(finding.locator(".evidence svg.lines")).to_be_visible()
    finding.get_by_role("button", name="Mend and compare").click()
    expect(finding.locator(".verdict")).to_contain_text("✓ The change helps", timeout=TRAINED_MS)
    expect(finding.locator(".outcome tbody tr")).to_have_count(3)
    page.reload()
    expect(finding.locator(".verdict")).to_contain_text("✓ The change helps")
    mended = finding.locator(".outcome tbody tr a").nth(1).get_attribute("href") or ""
    page.goto(mended)
    expect(page.locator("#lineage")).to_contain_text("another job")
    check_accessibility(page)


def test_a_failed_job_tells_why_first_and_has_no_empty_axes(page: Page, service: Service) -> None:
    spec = {"data": {"builtin": "diabetes"}, "layers": [8], "optimizer": {"name": "sgd", "learning_rate": 1e30}}
    job = service.wait(service.post(spec)["id"])
    page.goto(f"/console/jobs/{job['id']}")
    page.locator("#reason").get_by_text("smaller learning rate").wait_for()
    page.locator("#network canvas").first.wait_for()
    expect(page.locator("#curves")).to_be_hidden()
    expect(page.locator("#metrics-panel")).to_be_hidden()
    page.locator("#spec").scroll_into_view_if_needed()
    pictures(page, "job-failed")


def test_the_curve_grows_while_the_job_trains(page: Page, service: Service) -> None:
    spec: dict[str, Any] = {"data": {"builtin": "digits"}, "layers": [128, 128], "training": {"epochs": 100_000}}
    job = service.post({**spec, "name": "long"})
    page.goto(f"/console/jobs/{job['id']}")
    page.locator("#status.running").wait_for()
    curves = page.locator(".curves[data-epochs]")
    curves.wait_for()
    before = curves.get_attribute("data-epochs")
    page.locator(f".curves[data-epochs]:not([data-epochs='{before}'])").wait_for()
    assert int(curves.get_attribute("data-epochs") or 0) > int(before or 0)
    expect(page.locator("#eta")).to_contain_text("to go")
    page.get_by_role("button", name="Cancel").click()
    page.locator("#status.cancelled").wait_for()
    assert service.get(job["id"])["status"] == "cancelled"
    page.locator("#metrics-panel table").first.wait_for()  # in the place that was kept for it
    assert layout_shift(page) < STILL
    fits = "(each) => each.clientWidth <= each.closest('.curve').clientWidth"
    page.wait_for_function(f"() => [...document.querySelectorAll('.curve .main-svg')].every({fits})")


def test_findings_that_come_while_the_job_trains_move_nothing(page: Page, service: Service) -> None:
    spec: dict[str, Any] = {
        "data": {"builtin": "iris"},
        "layers": [{"type": "dense", "units": 16, "activation": "sigmoid"}] * 10,
        "optimizer": {"name": "sgd", "learning_rate": 1e-5},
        "training": {"epochs": 100_000},
    }
    job = service.post(spec)
    kept_back: dict[str, Any] = {"findings": []}

    def keep_findings_back(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | kept_back)

    page.route(f"**/v1/jobs/{job['id']}?*", keep_findings_back)
    page.goto(f"/console/jobs/{job['id']}")
    page.get_by_text("Nothing has stood out so far.").wait_for()
    page.locator("#network canvas").first.wait_for()
    before = page.locator("#recording").bounding_box()
    kept_back.clear()
    page.locator("#findings [data-code='vanishing_gradients']").wait_for()
    assert page.locator("#recording").bounding_box() == before
    check_accessibility(page)
    page.get_by_role("button", name="Cancel").click()
    page.locator("#status.cancelled").wait_for()
    expect(page.locator("#findings .held")).to_have_count(0)
    assert layout_shift(page) < STILL
