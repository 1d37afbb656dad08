"""The pages of data sets: from a file on the desk to a job, with the mouse and by keyboard alone."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import check_accessibility, pictures
from tests.service import Service


def customers(first: int = 0) -> str:
    """A file of 61 rows, one of them without an age; another `first` makes it another data set."""
    ages = [*range(20, 80), None]
    rows = [
        f"{first + place},{'' if age is None else age},{['DE', 'FR'][place % 2]},{'yes' if (age or 0) > 45 else 'no'}"
        for place, age in enumerate(ages)
    ]
    return "\n".join(["who,age,<b>country</b>,bought", *rows, ""])


def test_a_file_is_dropped_described_read_otherwise_and_taken_to_a_job(page: Page, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(customers())
    page.goto("/console/datasets")
    page.get_by_role("link", name="Handwritten digits").wait_for()
    check_accessibility(page)
    pictures(page, "datasets")
    page.get_by_label("A file of data").set_input_files(tmp_path / "customers.csv")
    page.wait_for_url("**/console/datasets/ds_*")
    page.get_by_role("heading", name="customers.csv").wait_for()
    expect(page.locator(".tile")).to_have_count(4)
    age = page.get_by_label("Column age", exact=True)
    expect(age.locator("rect")).to_have_count(30)
    expect(age).to_contain_text("1 missing")
    expect(page.get_by_label("Column <b>country</b>")).to_contain_text("categorical")
    expect(page.locator("#rows tbody tr")).to_have_count(20)
    page.get_by_role("button", name="Later").click()
    expect(page.locator("#rows .muted[role=status]")).to_have_text("Rows 20 to 39 of 61")
    page.get_by_role("button", name="Table: Columns").click()
    expect(page.locator("#columns .extra tbody tr")).to_have_count(4)
    check_accessibility(page)
    pictures(page, "dataset")
    page.get_by_label("Type of age").select_option(label="category")
    expect(age.locator(".badge")).to_have_text("categorical")
    expect(age.get_by_label("Type of age")).to_be_focused()
    country = page.get_by_label("Column <b>country</b>")
    page.get_by_label("Type of <b>country</b>").select_option(label="number")
    expect(country).to_contain_text("61 missing")
    expect(page.locator("#warnings")).to_contain_text("country")
    page.get_by_label("Type of <b>country</b>").select_option(label="detected: category")
    expect(country).to_contain_text("none missing")
    page.get_by_label("Column to predict").select_option("bought")
    page.get_by_role("link", name="Train on this").click()
    page.wait_for_url("**/?dataset=ds_*&target=bought")


def test_data_are_read_and_deleted_by_keyboard_alone(page: Page, service: Service) -> None:
    sent = service.http.post(
        "/v1/datasets?name=short", content=customers(1000), headers={"Content-Type": "text/csv"}
    ).json()
    page.goto("/console/datasets")
    link = page.get_by_role("link", name="short")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/console/datasets/{sent['id']}")
    page.get_by_role("button", name="Later").focus()
    page.keyboard.press("Space")
    expect(page.locator("#rows .muted[role=status]")).to_contain_text("20 to 39")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/datasets")
    assert service.http.get(f"/v1/datasets/{sent['id']}").status_code == 404


def test_a_built_in_data_set_has_a_page(page: Page) -> None:
    page.goto("/console/datasets/iris")
    page.get_by_role("heading", name="Iris").wait_for()
    expect(page.locator(".tile")).to_have_count(5)
    page.get_by_role("link", name="Train on this").click()
    page.wait_for_url("**/?builtin=iris")
