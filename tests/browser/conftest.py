"""A real browser, a page that may not complain, pictures, and the check of accessibility."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.service import Service

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHORT_MS = 15_000
EXPECTED = (
    "422",
    "404",
    "409",
    "415",
    "ERR_INTERNET_DISCONNECTED",
)  # what tests ask for
FOLDER = Path(os.environ.get("SCREENSHOTS") or Path(__file__).parent / "screenshots")
AXE = Path(__file__).parents[1] / "web" / "console" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")  # the event loop of playwright would be in the way of tests of other modules
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    """A page that must neither complain nor ask another origin."""
    address = str(service.http.base_url)
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(SHORT_MS)
    complaints: list[str] = []
    strangers: list[str] = []

    def is_strange(url: str) -> bool:
        return not url.startswith((address, "data:", "blob:"))

    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: strangers.append(request.url) if is_strange(request.url) else None)
    yield page
    page.close()
    context.close()
    assert [text for text in complaints if not any(each in text for each in EXPECTED)] == []
    assert strangers == []


def pictures(page: Page, name: str) -> None:
    """Keep a picture in light, in dark, and as wide as a phone, and check that a phone need not scroll sideways.

    They are JPEG, which takes a third to two thirds of the time of PNG.
    """
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}-light.jpg", full_page=True)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(200)
    page.screenshot(path=FOLDER / f"{name}-dark.jpg", full_page=True)
    page.emulate_media(color_scheme="light")
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(200)
    page.screenshot(path=FOLDER / f"{name}-phone.jpg", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "the page is wider than a phone"
    assert size is not None
    page.set_viewport_size(size)


def layout_shift(page: Page) -> float:
    """How much of the page moved without being asked to, since it was opened: Chromium's cumulative layout shift."""
    script = """() => new Promise((done) => {
      let sum = 0;
      new PerformanceObserver((list) => {
        for (const each of list.getEntries()) if (!each.hadRecentInput) sum += each.value;
      }).observe({ type: "layout-shift", buffered: true });
      setTimeout(() => done(sum), 100); })"""
    moved: float = page.evaluate(script)
    return moved


def check_accessibility(page: Page) -> None:
    """Nothing that axe finds in light, and no weak contrast in dark, which is all that differs."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: the npm registry could not be reached")
    page.evaluate(AXE.read_text())
    rules: tuple[tuple[Literal["dark", "light"], dict[str, Any]], ...] = (
        ("dark", {"runOnly": ["color-contrast"]}),
        ("light", {}),
    )
    for scheme, chosen in rules:
        page.emulate_media(color_scheme=scheme)
        asked = chosen | {"resultTypes": ["violations"]}
        found = page.evaluate("(asked) => axe.run(document, asked)", asked)["violations"]
        told = [(each["id"], each["nodes"][0]["html"][:200], each["nodes"][0]["failureSummary"]) for each in found]
        assert told == [], json.dumps(told, indent=2)
