"""The pages of models: a row is predicted, what moved the answer is shown, aliases come and go."""

import io
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import SHORT_MS, check_accessibility, pictures
from tests.browser.test_data import customers
from tests.service import Service

KERAS = Path(__file__).parents[1] / "imports" / "keras3.keras"


@pytest.fixture
def model(service: Service) -> dict[str, Any]:
    files = {"file": ("customers.csv", io.BytesIO(customers(2000).encode()), "text/csv")}
    dataset = service.http.post("/v1/datasets", files=files).json()
    data = {"dataset": dataset["id"], "target": "bought"}
    job = service.post({"name": "buyers", "data": data, "layers": [8], "training": {"epochs": 300}})
    found: dict[str, Any] = service.http.get(f"/v1/models/{service.wait(job['id'])['model']}").json()
    return found


def test_a_row_is_predicted_with_what_moved_the_answer(page: Page, service: Service, model: dict[str, Any]) -> None:
    page.goto("/console/models")
    page.get_by_role("link", name="buyers").first.wait_for()
    check_accessibility(page)
    pictures(page, "models")
    page.get_by_label("Find by name").fill("nothing is called so")
    expect(page.locator("#models tbody tr")).to_have_count(0)
    page.get_by_label("Find by name").fill("buyers")
    page.get_by_role("link", name="buyers").first.click()
    page.wait_for_url(f"**/console/models/{model['id']}")
    answer = page.locator("#answer .answer")
    expect(answer).to_have_text("no")  # of the first row of the data, at once
    expect(page.locator("#answer")).to_contain_text("row 0 of the data has no")
    page.get_by_label("age", exact=True).fill("25")
    page.keyboard.press("Enter")
    expect(answer).to_have_text("no")
    expect(page.locator("#answer")).not_to_contain_text("of the data has")
    page.get_by_label("age", exact=True).fill("68")
    page.get_by_label("<b>country</b>").select_option("FR")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(answer).to_have_text("yes")
    expect(page.locator("#answer .bar-row")).to_have_count(2)
    expect(page.locator("#moved .bar-row").first).to_contain_text("age = 68")
    expect(page.locator("#moved .fill.up")).not_to_have_count(0)
    page.get_by_role("button", name="curl: Predict one row").click()
    expect(page.locator("#predict pre")).to_contain_text('"age":68')
    page.locator("#export a").get_by_text("safetensors").wait_for()
    page.locator("#export a").get_by_text("onnx").wait_for()
    check_accessibility(page)
    pictures(page, "model")
    start = {"initial_weights": {"model": model["id"]}, "training": {"epochs": 1}}
    tuned = service.post({"data": model["spec"]["data"], "layers": [8], **start})["id"]
    edits = {"edits": [{"op": "prune", "fraction": 0.25}]}
    pruned = service.http.post(f"/v1/models/{model['id']}/edits", json=edits | {"name": "pruned"}).json()["model"]["id"]
    page.reload()
    page.locator("#lineage").get_by_role("link", name="pruned").click()
    page.wait_for_url(f"**/console/models/{pruned}")
    expect(page.locator("#lineage")).to_contain_text("Edited frombuyersprune 25 %")
    page.locator("#lineage").get_by_role("link", name="buyers").click()
    page.wait_for_url(f"**/console/models/{model['id']}")
    expect(page.locator("#lineage li").filter(has_text="pruned")).to_have_text("pruned 1 edit")
    page.locator("#lineage").get_by_role("link", name="bought from customers.csv").click()  # a job without a name
    page.wait_for_url(f"**/console/jobs/{tuned}")
    expect(page.get_by_role("heading", level=1)).to_have_text("bought from customers.csv")
    page.go_back()
    page.get_by_role("button", name="Another row of the data").click()
    expect(page.locator("#answer")).to_contain_text("of the data has")
    page.get_by_label("New alias").fill("production")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove the alias production").wait_for()
    assert service.http.get("/v1/models/production").json()["id"] == model["id"]
    page.get_by_label("New alias").fill("not an alias!")
    page.keyboard.press("Enter")
    page.locator("#aliases .fault").wait_for()


def test_a_row_that_comes_late_does_not_replace_what_was_typed(page: Page, model: dict[str, Any]) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/rows?limit=1&after=0", hold)
    page.goto(f"/console/models/{model['id']}")
    page.get_by_label("age", exact=True).fill("68")
    page.get_by_label("<b>country</b>").select_option("FR")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.locator("#answer .answer")).to_have_text("yes")
    with page.expect_response("**/predict"):  # once the row is there, the form is answered
        held[0].continue_()
    expect(page.get_by_label("age", exact=True)).to_have_value("68")
    expect(page.locator("#answer .answer")).to_have_text("yes")
    expect(page.locator("#answer")).not_to_contain_text("of the data has")


def test_a_model_is_used_and_deleted_by_keyboard_alone(page: Page, service: Service, model: dict[str, Any]) -> None:
    page.goto(f"/console/models/{model['id']}")
    page.locator("#moved .bar-row").first.wait_for()
    page.get_by_label("age", exact=True).focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("66")
    page.keyboard.press("Enter")
    expect(page.locator("#answer .answer")).to_have_text("yes")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete this model").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/models")
    assert service.http.get(f"/v1/models/{model['id']}").status_code == 404


def test_a_file_becomes_a_model(page: Page) -> None:
    page.goto("/console/models")
    files = page.locator("input[type=file]")
    files.set_input_files({"name": "net.keras", "mimeType": "application/zip", "buffer": b"no zip file"})
    expect(page.locator("#page .fault")).to_contain_text("it is not a valid Keras file", timeout=SHORT_MS)
    files.set_input_files(KERAS)
    page.wait_for_url("**/console/models/mdl_*")
    expect(page.locator("#lineage")).to_contain_text("a keras file")
    for name in ("x0", "x1", "x2", "color"):
        page.get_by_label(name, exact=True).fill("1")
    page.keyboard.press("Enter")
    expect(page.locator("#answer .bar-row")).to_have_count(3)
    expect(page.locator("#page .fault")).to_have_count(0)
    check_accessibility(page)
    pictures(page, "imported")
    page.get_by_role("link", name="Models").last.click()
    expect(page.locator("#models tbody tr").first).to_contain_text("y from an imported file")
