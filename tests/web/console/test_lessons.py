"""Each lesson, taken on a real service: every request works, and every number is as the lesson expects it."""

import re
from typing import Any

import pytest

from steelyard.web.console.pages import LESSONS
from tests.journeys.test_weights_page import agrees, at
from tests.service import Service

STEP = re.compile(r"\{(\w+)(?:\.(\w+))?\}")


@pytest.mark.parametrize("slug", LESSONS)
def test_a_lesson_shows_what_it_says(service: Service, slug: str) -> None:
    answers: dict[str, Any] = {}
    looked = 0
    for part in LESSONS[slug]["parts"]:
        if run := part.get("run"):
            path = STEP.sub(lambda found: answers[found[1]][found[2] or "id"], run["path"])
            answers[run["as"]] = finish(service, service.http.post(path, json=run["body"]))
        elif look := part.get("look"):
            looked += check(service, answers[look["of"]], look)
        elif chart := part.get("chart"):
            for of in chart["of"]:
                history = service.http.get(f"/v1/jobs/{answers[of]['id']}/history").json()
                assert len(history["series"][chart["series"]]) > 1
        elif see := part.get("see"):
            assert answers[see["of"]]["object"] == "job"
        elif question := part.get("question"):
            assert 0 <= question["answer"] < len(question["choices"])
            assert question["because"]
        else:
            assert part["text"]
    assert looked


def finish(service: Service, answer: Any) -> Any:
    """The answer, or the job or mend that it is about, once that has ended."""
    assert answer.status_code in (200, 202), answer.text
    document = answer.json()
    if document.get("object") not in ("job", "mend"):
        return document
    address = f"/v1/{document['object']}s/{document['id']}"
    service.wait_for(lambda: service.http.get(address).json()["status"] == "succeeded")
    return service.http.get(address).json()


def check(service: Service, answer: Any, look: Any) -> int:
    document = service.http.get(f"/v1/jobs/{answer['id']}/{look['at']}").json() if "at" in look else answer
    for row in look["rows"]:
        found = at(document, row["pointer"])
        if row["expect"] != "*":
            agrees(found, row["expect"], row["pointer"])
    return len(look["rows"])


def test_lessons_are_in_an_order_and_have_a_question_each() -> None:
    assert list(LESSONS) == sorted(LESSONS)
    assert [slug for slug, lesson in LESSONS.items() if not any("question" in part for part in lesson["parts"])] == []
