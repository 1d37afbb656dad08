"""The catalog's page: every component with its formula, pictures of activations and initializers, and the presets."""

from playwright.sync_api import Page, expect

from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.initializers import INITIALIZERS
from steelyard.training.catalog import catalog
from tests.browser.conftest import check_accessibility, pictures


def test_components_are_found_and_drawn(page: Page) -> None:
    page.goto("/console/catalog")
    expect(page.locator("#activations .tile")).to_have_count(len(ACTIVATIONS.names))
    expect(page.locator("#activations svg.curves")).to_have_count(len(ACTIVATIONS.names) - 2)  # not softmax
    expect(page.locator("#initializers svg.histogram")).to_have_count(len(INITIALIZERS.names))
    pictures(page, "catalog")
    he = page.get_by_label("he_normal, of initializers")
    expect(he).to_contain_text("std 0.17")
    page.get_by_label("Inputs of the kernel").fill("8")
    page.keyboard.press("Enter")
    expect(he).to_contain_text("std 0.49")
    page.get_by_label("Inputs of the kernel").fill("0")
    page.keyboard.press("Enter")
    page.locator(".fault").get_by_text("from 1 to 512").wait_for()
    page.get_by_label("Find a component").focus()
    page.keyboard.type("adamw")
    found = page.get_by_label("adamw, of optimizers")
    expect(page.locator("#activations")).to_be_hidden()
    expect(found).to_be_visible()
    keras = page.get_by_label("Preset keras", exact=True)
    expect(keras).to_contain_text("weight_decay = 0.004keras.optimizers.AdamW")  # of what is looked for, alone
    expect(keras).not_to_contain_text("training.batch_size")
    assert page.url.endswith("#search=adamw")
    page.reload()
    expect(found).to_be_visible()
    expect(page.locator("#activations")).to_be_hidden()
    [sklearn] = [each for each in catalog().presets if each.name == "sklearn"]
    page.get_by_label("Find a component").fill("relu")
    expect(page.locator("#activations .tile")).not_to_have_count(len(ACTIVATIONS.names))
    expect(keras).to_be_visible()
    check_accessibility(
        page
    )  # of a page with some tiles and tables: all are built alike, and axe takes seconds for all
    page.get_by_label("Find a component").fill("scikit")
    preset = page.get_by_label("Preset sklearn", exact=True)
    expect(preset.locator("h3")).to_have_text(f"scikit-learn {sklearn.version}")
    rows = preset.get_by_role("table").first.locator("tbody tr")
    expect(rows).to_have_count(len(sklearn.settings))
    expect(rows.filter(has_text="training.epochs")).to_contain_text("200MLPClassifier and MLPRegressor(max_iter=200)")
    expect(page.get_by_label("Preset keras", exact=True)).to_have_count(0)
    preset.get_by_role("link", name="Train with scikit-learn's defaults").click()
    expect(page.get_by_label("Preset", exact=True)).to_have_value('"sklearn"')
    expect(page.locator(".dry-run")).to_contain_text("150 rows")
