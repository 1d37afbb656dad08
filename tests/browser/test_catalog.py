"""The catalog's page: every component with its formula, and pictures of activations and initializers."""

from playwright.sync_api import Page, expect

from steelyard.nn.activations import ACTIVATIONS
from steelyard.nn.initializers import INITIALIZERS
from tests.browser.conftest import check_accessibility, pictures


def test_components_are_found_and_drawn(page: Page) -> None:
    page.goto("/console/catalog")
    expect(page.locator("#activations .tile")).to_have_count(len(ACTIVATIONS.names))
    expect(page.locator("#activations svg.curves")).to_have_count(len(ACTIVATIONS.names) - 2)  # not softmax
    expect(page.locator("#initializers svg.histogram")).to_have_count(len(INITIALIZERS.names))
    check_accessibility(page)
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
    assert page.url.endswith("#search=adamw")
    page.reload()
    expect(found).to_be_visible()
    expect(page.locator("#activations")).to_be_hidden()
