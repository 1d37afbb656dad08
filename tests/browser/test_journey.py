"""From a file on the desk to a prediction without a line of documentation: by mouse, and by keyboard alone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.service import Service

TRAINED_MS = 60_000
MOST_TABS = 120
NAME = """() => { const it = document.activeElement;
  return it.getAttribute("aria-label") ?? (it.labels?.[0] ?? it).textContent.trim(); }"""


def orders() -> str:
    """Orders of a shop; one cell of the amounts is a word."""
    lines = [f"{index % 40 + 5},{'ABC'[index % 3]},{'returned' if index % 40 > 24 else 'kept'}" for index in range(160)]
    lines[7] = "twelve,B,kept"
    return "\n".join(["amount,shop,outcome", *lines])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(orders())
    return path


def drop(page: Page, file: Path) -> None:
    """Drag a file from the desk onto the page."""
    script = """([name, text]) => { const data = new DataTransfer();
      data.items.add(new File([text], name, {type: "text/csv"}));
      for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true})); }"""
    page.evaluate(script, [file.name, file.read_text()])


def test_by_mouse(page: Page, file: Path) -> None:
    page.goto("/")
    page.get_by_role("button", name="Choose a file").wait_for()
    drop(page, file)
    page.get_by_text("orders.csv: read.").wait_for()
    page.get_by_text("'twelve' (row 7)").first.wait_for()  # what became of the odd cell, before anything is trained
    page.get_by_label("Column to predict").select_option("outcome")
    expect(page.locator(".due")).to_have_count(0)
    for place, units in enumerate((16, 16)):
        page.get_by_role("button", name="Add a layer").click()
        page.get_by_label(f"units of layer {place + 1}").fill(str(units))
    page.get_by_label("Initializer", exact=True).select_option("zeros")
    page.get_by_label("Activation", exact=True).select_option("relu")
    page.get_by_label("Optimizer").select_option("adam")
    page.get_by_label("Epochs").fill("150")
    page.get_by_text("160 rows · 2 columns").wait_for()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url("**/console/jobs/job_*")
    page.locator("#status.succeeded").wait_for(timeout=TRAINED_MS)
    page.get_by_text("'twelve' (row 7)").first.wait_for()
    finding = page.locator("[data-code='equal_units']")
    finding.get_by_role("button", name="Mend and compare").click()
    expect(finding.locator(".verdict")).to_contain_text("✓ The change helps", timeout=TRAINED_MS)
    finding.locator(".outcome tbody tr a").nth(1).click()
    page.locator("#status.succeeded").wait_for()
    page.locator("#try").scroll_into_view_if_needed()
    page.locator("#try").get_by_label("shop").select_option("C")  # a column of categories is chosen from
    page.locator("#report").get_by_role("table").last.get_by_role("link").first.click()  # the worst row, in its data
    expect(page.locator("#rows tbody tr").first).to_be_in_viewport()
    assert page.locator("#rows tbody td").first.inner_text() == page.url.partition("#row=")[2]
    page.go_back()
    page.get_by_role("link", name="All columns, and what moved the answer").click()
    page.wait_for_url("**/console/models/mdl_*")
    page.get_by_label("amount", exact=True).fill("44")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.locator("#answer .answer")).to_have_text("returned")
    page.get_by_label("amount", exact=True).fill("6")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.locator("#answer .answer")).to_have_text("kept")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with this name has the focus."""
    seen = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(NAME))
        if re.fullmatch(name, seen[-1]):
            return
    raise AssertionError(f"Tab does not come to {name}; it came to {seen}")


def choose(page: Page, name: str, value: str) -> None:
    """Choose in a select by typing the beginning of the value."""
    tab_to(page, name)
    page.keyboard.type(value)


def test_by_keyboard_alone(page: Page, file: Path, service: Service) -> None:
    page.on("filechooser", lambda chooser: chooser.set_files(file))  # from here on: it takes a moment to begin
    page.goto("/")
    page.get_by_role("button", name="Choose a file").wait_for()
    tab_to(page, "Choose a file")
    page.keyboard.press("Enter")
    page.get_by_text("orders.csv: read.").wait_for()
    choose(page, "Column to predict", "outcome")
    tab_to(page, "Add a layer")
    page.keyboard.press("Enter")
    page.get_by_label("units of layer 1").wait_for()
    choose(page, "Optimizer", "adam")
    tab_to(page, "Epochs")
    page.keyboard.type("300")
    page.get_by_text("160 rows · 2 columns").wait_for()
    tab_to(page, "Train")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/jobs/job_*")
    page.locator("#status.succeeded").wait_for(timeout=TRAINED_MS)
    spec = service.get(page.url.rsplit("/", 1)[1])["spec"]
    assert (spec["optimizer"]["name"], spec["training"]["epochs"], len(spec["layers"])) == ("adam", 300, 1)
    page.locator("#try").scroll_into_view_if_needed()
    tab_to(page, "All columns, and what moved the answer")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/models/mdl_*")
    page.locator("#answer .answer").wait_for()
    tab_to(page, "amount")
    page.keyboard.press("Control+A")
    page.keyboard.type("44")
    page.keyboard.press("Enter")
    expect(page.locator("#answer .answer")).to_have_text("returned")
