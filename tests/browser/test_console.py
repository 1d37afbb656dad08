"""The console in a real browser: what it shows, that it is live, that it asks nobody else."""

from playwright.sync_api import Page

from tests.service import SMALLEST, Service

LONG_MS = 30_000


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


def test_the_api_can_be_read_and_tried_without_a_network(page: Page) -> None:
    page.goto("/docs")
    page.get_by_text("Submit a training job").wait_for(timeout=LONG_MS)
