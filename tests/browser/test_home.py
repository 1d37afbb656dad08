"""The first page: a form in step with its JSON, and a live list of jobs."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import check_accessibility, pictures
from tests.service import SMALLEST, Service

CUSTOMERS = "age,country,left\n" + "\n".join(
    f"{20 + index % 50},{['DE', 'FR', 'IT'][index % 3]},{'yes' if index % 50 > 25 else 'no'}" for index in range(120)
)


def spec_of(page: Page) -> Any:
    return json.loads(page.get_by_label("The job as JSON").input_value())


def test_a_file_becomes_a_job_without_a_line_of_json(page: Page, tmp_path: Path) -> None:
    file, paper = tmp_path / "customers.csv", tmp_path / "paper.pdf"
    file.write_text(CUSTOMERS)
    paper.write_text("%PDF-1.4")
    page.goto("/")
    page.get_by_text("150 rows").filter(visible=True).first.wait_for()
    page.get_by_label("A file of data").set_input_files(paper)
    page.get_by_text("paper.pdf was not read.").wait_for()
    page.get_by_label("A file of data").set_input_files(file)
    page.get_by_text("customers.csv: read.").wait_for()
    expect(page.get_by_label("Task").locator("option").first).to_have_text("automatic")  # not that of the data before
    page.get_by_text("120 rows, 3 columns.").wait_for()
    expect(page.locator("#faults")).to_have_text("Choose the column to predict.")  # the next thing to do, in one line
    expect(page.locator(".due .fault")).to_have_text("Choose the column to predict.")
    page.get_by_label("Column to predict").select_option("left")
    page.get_by_text("120 rows · 2 columns").wait_for()
    page.get_by_role("button", name="Add a layer").click()
    page.get_by_label("units of layer 1").fill("12")
    page.get_by_role("button", name="Add a layer").click()
    page.get_by_label("Type of layer 2").select_option("dropout")
    page.get_by_label("rate of layer 2").fill("0.1")
    page.get_by_label("Activation", exact=True).select_option("tanh")
    page.get_by_label("Initializer", exact=True).select_option("he_normal")
    page.get_by_label("Optimizer").select_option("sgd")
    page.get_by_label("learning_rate").fill("0.05")
    page.get_by_label("Epochs").fill("7")
    spec = spec_of(page)
    assert spec["layers"] == [12, {"type": "dropout", "rate": 0.1}]
    assert (spec["activation"], spec["initializer"]) == ("tanh", "he_normal")
    assert spec["optimizer"] == {"name": "sgd", "learning_rate": 0.05}
    assert spec["training"] == {"epochs": 7}
    check_accessibility(page)
    pictures(page, "home")
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url("**/console/jobs/job_*")


def test_the_form_follows_the_json_and_faults_stand_at_their_fields(page: Page) -> None:
    page.goto("/?spec=" + json.dumps({"data": {"builtin": "wine"}, "layers": [4], "optimizer": {"name": "adam"}}))
    expect(page.get_by_label("units of layer 1")).to_have_value("4")
    expect(page.get_by_label("Optimizer")).to_have_value("adam")
    text = page.get_by_label("The job as JSON")
    text.fill(
        '{"data": {"builtin": "iris"}, "layers": [-1], "training": {"batch_size": 16, "epochs": 0}, "namme": "x"}'
    )
    expect(page.get_by_label("Batch size")).to_have_value("16")
    page.get_by_text("is 0; it must be at least 1").wait_for()
    expect(page.get_by_label("Epochs")).to_have_attribute("aria-invalid", "true")
    page.get_by_text("/layers/0: is -1").wait_for()
    page.locator("#faults").get_by_text("did you mean").wait_for()  # a field that the form does not have
    text.fill("{")
    page.get_by_text("Not JSON yet").wait_for()
    assert text.input_value() == "{"
    text.fill('{"data": {"builtin": "iris"}, "layers": [8]}')
    page.get_by_text("67 weights").wait_for()
    expect(page.get_by_label("Epochs")).to_have_attribute("aria-invalid", "false")
    page.get_by_label("units of layer 1").fill("5")
    assert spec_of(page)["layers"] == [5]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "units of layer 1"
    page.get_by_label("Preset").select_option("scikit-learn")
    expect(page.get_by_label("Batch size")).to_have_attribute("placeholder", "automatic: 200")
    assert spec_of(page)["preset"] == "sklearn"
    page.get_by_text("Chosen automatically").click()
    page.get_by_text("scikit-learn 1.9: MLPClassifier and MLPRegressor(max_iter=200)").wait_for()


def test_the_list_is_live_and_jobs_are_found_compared_repeated_and_deleted(page: Page, service: Service) -> None:
    page.goto("/")
    names = [f"listed {number}" for number in range(3)]
    ids = [service.post({**SMALLEST, "name": name, "training": {"epochs": 1}})["id"] for name in names]
    for name in names:
        page.get_by_role("link", name=name, exact=True).wait_for()
    page.get_by_label("Find by name or id").fill("listed")
    rows = page.locator("#jobs tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.locator(".status.succeeded")).to_have_count(3)
    page.get_by_role("button", name="Job", exact=True).click()
    expect(rows.first).to_contain_text("listed 0")
    page.get_by_label("Compare listed 0").check()
    page.get_by_label("Compare listed 2").check()
    expect(page.get_by_role("button", name="Compare 2")).to_be_enabled()
    page.set_viewport_size({"width": 390, "height": 844})  # a phone: each job is a block, and its name has room
    expect(rows).to_have_count(3)
    assert max(rows.evaluate_all("rows => rows.map((row) => row.clientHeight)")) < 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1280, "height": 900})
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete listed 1").click()
    expect(rows).to_have_count(2)
    assert service.http.get(f"/v1/jobs/{ids[1]}").status_code == 404
    page.get_by_role("link", name="Train listed 0 again with changes").click()
    page.get_by_text("150 rows · 4 columns").wait_for()
    spec = spec_of(page)
    assert spec["name"] == "listed 0"
    assert spec["training"]["epochs"] == 1


def test_a_lost_connection_is_shown_and_the_page_recovers(page: Page) -> None:
    page.goto("/")
    page.get_by_role("heading", name="Jobs").wait_for()
    page.context.set_offline(True)
    page.get_by_text("The connection to the service is lost").wait_for()
    page.context.set_offline(False)
    page.get_by_text("The connection to the service is lost").wait_for(state="hidden")
