"""Takes the pictures of the documentation: `make screenshots`.

    python -m tests.browser.screenshots docs/images

A service is started, jobs are trained on built-in data, and each page is photographed in Chromium.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.service import Service

SIZE = {"width": 1160, "height": 760}
ROOT = Path(__file__).parents[2]
DIGITS: dict[str, Any] = {"data": {"builtin": "digits"}, "layers": [64, 32], "training": {"epochs": 32}}


@dataclass(frozen=True)
class Picture:
    """A page, what is done on it, and the element that is scrolled to."""

    name: str
    path: str
    act: Callable[[Page], None]
    scroll_to: str = "header"


def main() -> None:
    """Take them all."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, Service.start(Path(data)) as service, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for picture in pictures_of(service):
            take(browser, str(service.http.base_url), picture, folder)
            print(folder / f"{picture.name}.jpg", flush=True)  # noqa: T201
        browser.close()


def pictures_of(service: Service) -> list[Picture]:
    """What is photographed."""
    with (ROOT / "examples" / "customers.csv").open("rb") as file:
        dataset = service.http.post("/v1/datasets", files={"file": ("customers.csv", file, "text/csv")}).json()["id"]
    churn = train(service, {"name": "churn", "data": {"dataset": dataset, "target": "churned"}})
    jobs = {
        name: train(service, {**DIGITS, "name": f"digits, {name}", "initializer": name})
        for name in ("zeros", "glorot_uniform", "he_normal")
    }
    ids = ",".join(job["id"] for job in jobs.values())
    he = jobs["he_normal"]["id"]
    return [
        Picture("home", f"/?dataset={dataset}&target=churned", lambda page: page.get_by_text("200 rows ·").wait_for()),
        Picture("recording", f"/console/jobs/{he}#epoch=8&layer=dense_2&unit=5", see_network, "#recording"),
        Picture("findings", f"/console/jobs/{jobs['zeros']['id']}", see_curves, "#findings"),
        Picture("compare", f"/console/compare?jobs={ids}", see_curves),
        Picture(
            "model", f"/console/models/{churn['model']}", lambda page: page.locator("#moved .bar-row").first.wait_for()
        ),
        Picture("lesson", "/console/lessons/03-why-zeros-do-not-learn", take_lesson),
    ]


def train(service: Service, spec: dict[str, Any]) -> dict[str, Any]:
    """The job once it has ended."""
    return service.wait(service.post(spec)["id"])


def see_network(page: Page) -> None:
    """Wait until the panels at the slider are drawn."""
    page.locator("#network").scroll_into_view_if_needed()
    page.locator("#network canvas[data-epoch='8']").wait_for()
    page.locator("#unit .weight").first.wait_for()


def see_curves(page: Page) -> None:
    """Wait until the first chart is drawn."""
    page.locator(".scatterlayer .trace").first.wait_for(state="attached")


def take_lesson(page: Page) -> None:
    """Train both networks of the lesson."""
    page.get_by_role("button", name="Train from zeros").click()
    page.get_by_role("button", name="Train from random weights").click()
    page.locator("figure .scatterlayer .trace").nth(1).wait_for(state="attached")


def take(browser: Browser, address: str, picture: Picture, folder: Path) -> None:
    """One picture, as large as a window."""
    context = browser.new_context(base_url=address, viewport=SIZE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(picture.path)
    picture.act(page)
    page.locator(picture.scroll_to).first.evaluate("element => element.scrollIntoView()")
    page.wait_for_timeout(500)  # a chart settles
    page.screenshot(path=folder / f"{picture.name}.jpg", type="jpeg", quality=82)
    context.close()


if __name__ == "__main__":
    main()
