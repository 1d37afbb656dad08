"""A lesson, taken with the mouse."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import check_accessibility, pictures


def test_a_lesson_is_taken_to_its_end(page: Page) -> None:
    page.goto("/console/lessons")
    page.get_by_role("link", name="Why zeros do not learn").click()
    page.get_by_role("button", name="Train from zeros").click()
    page.get_by_role("button", name="Train from random weights").click()
    page.get_by_text("equal_units").wait_for()
    expect(page.locator("figure .scatterlayer .trace")).to_have_count(2)
    expect(page.locator(".look table")).to_have_count(3)
    expect(page.locator(".look td", has_text="no: you changed")).to_have_count(0)
    page.get_by_label("Yes: the signal gets through").check()
    page.get_by_text("Not quite").wait_for()
    page.get_by_label("No: equal units still stay equal").check()
    page.get_by_text("Only random weights make them different").wait_for()
    check_accessibility(page)
    pictures(page, "lesson")
    page.get_by_role("link", name="All lessons").click()
    page.get_by_text("4 minutes · done ✓").wait_for()
    check_accessibility(page)
    pictures(page, "lessons")


def test_a_changed_request_shows_other_numbers(page: Page) -> None:
    page.goto("/console/lessons/01-what-a-weight-is")
    page.get_by_text("POST /v1/traces").click()
    request = page.get_by_label("The request: Send two rows through it")
    request.fill(request.input_value().replace('"value": 0.5', '"value": -0.5'))
    page.get_by_role("button", name="Send two rows through it").click()
    outputs = page.locator(".look tr", has_text="relu leaves positive sums")
    expect(outputs).to_contain_text("[[0], [0]]")
    expect(outputs).to_contain_text("no: you changed the request")
