"""Routes: what a view returns becomes an answer, whole or in pieces, in the form that the client asks for."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Blueprint, Flask, Response
from hypothesis import given
from hypothesis import strategies as st

from steelyard.documents.schema import Answer
from steelyard.errors import InvalidRequest, NotAcceptable, NotFound, UnsupportedMediaType, ValidationFailed
from steelyard.http.query import LIMIT
from steelyard.http.routing import (
    OPERATION,
    PIECE_BYTES,
    Operation,
    choose_form,
    read_json,
    reply,
    route,
    stream,
    take_json,
)


class Thing(Answer):
    """An answer."""

    name: str
    limit: int


OF_THING = Operation("Get a thing", {200: Thing}, query=(LIMIT,), problems=(404,))


@pytest.fixture
def things(bare: Flask) -> Flask:
    blueprint = Blueprint("things", __name__)

    @route(blueprint, "GET", "/things/<name>", OF_THING)
    def get_thing(name: str, *, limit: int) -> Thing:
        return Thing(name=name, limit=limit)

    @route(blueprint, "POST", "/things", Operation("Make a thing", {201: Thing}))
    def make_thing() -> Response:
        return reply(Thing(name="new", limit=1), 201, headers={"Location": "/things/new"})

    bare.register_blueprint(blueprint)
    return bare


def test_a_view_gets_its_parameters_and_its_answer_goes_out_as_json(things: Flask) -> None:
    answer = things.test_client().get("/things/a?limit=3")
    assert (answer.status_code, answer.json, answer.content_type) == (
        200,
        {"name": "a", "limit": 3},
        "application/json",
    )
    assert things.view_functions["things.get_thing"].__dict__[OPERATION] is OF_THING
    with pytest.raises(ValidationFailed):
        things.test_client().get("/things/a?limit=x")


def test_a_response_of_a_view_is_sent_as_it_is(things: Flask) -> None:
    answer = things.test_client().post("/things")
    assert (answer.status_code, answer.headers["Location"]) == (201, "/things/new")
    assert "ETag" not in answer.headers


def test_a_name_with_nul_is_not_found(things: Flask) -> None:
    with pytest.raises(NotFound, match="NUL"):
        things.test_client().get("/things/a%00b")


def test_what_the_client_has_is_not_sent_again(things: Flask) -> None:
    client = things.test_client()
    first = client.get("/things/a")
    assert first.headers["Vary"] == "Accept"
    again = client.get("/things/a", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/things/b", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    assert client.head("/things/a").headers["ETag"] == first.headers["ETag"]


PIECES = st.lists(st.integers(0, 3).map(lambda kinds: b"x" * (kinds * PIECE_BYTES // 2)), max_size=6)


@given(pieces=PIECES)
def test_an_answer_in_pieces_is_the_same_bytes_and_has_a_length_if_it_fits_into_one(pieces: list[bytes]) -> None:
    bare, whole = Flask(__name__), b"".join(pieces)
    with bare.test_request_context("/"):
        answer = stream(pieces, version=("v",))
        assert answer.content_length == (len(whole) if len(whole) <= PIECE_BYTES else None)
        assert b"".join(answer.response) == whole  # type: ignore[arg-type]


def test_a_large_answer_is_made_while_it_is_sent(bare: Flask) -> None:
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        for place in range(5):
            made.append(place)
            yield b"x" * PIECE_BYTES

    with bare.test_request_context("/"):
        answer = stream(pieces(), version=("v",), length=5 * PIECE_BYTES)
        assert made == [0, 1]
        assert answer.content_length == 5 * PIECE_BYTES
        assert sum(map(len, answer.response)) == 5 * PIECE_BYTES
    assert made == [*range(5)]


def test_the_version_and_the_form_of_a_stream_decide_its_etag(bare: Flask) -> None:
    def etag(version: str, content_type: str = "application/json") -> Any:
        return stream([b"1"], version=(version,), content_type=content_type).headers["ETag"]

    with bare.test_request_context("/"):
        assert etag("a") == etag("a")
        assert len({etag("a"), etag("b"), etag("a", "text/csv")}) == 3
        first = etag("a")
    with bare.test_request_context("/", headers={"If-None-Match": first}):
        assert stream([b"1"], version=("a",)).status_code == 304


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv"),
        ("text/*", "text/csv"),
    ],
)
def test_the_client_chooses_among_the_forms(bare: Flask, accept: str | None, form: str) -> None:
    with bare.test_request_context("/", headers={} if accept is None else {"Accept": accept}):
        assert choose_form(("application/json", "text/csv")) == form


def test_a_form_that_is_not_offered_is_named_with_those_that_are(bare: Flask) -> None:
    with bare.test_request_context("/", headers={"Accept": "image/png"}), pytest.raises(NotAcceptable) as caught:
        choose_form(("application/json", "text/csv"))
    assert "image/png; available are application/json, text/csv" in caught.value.detail


@pytest.mark.parametrize(("coding", "is_read"), [("gzip", False), ("GZip", False), ("br", False), ("identity", True)])
def test_a_compressed_body_is_refused_by_the_name_of_its_coding(bare: Flask, coding: str, *, is_read: bool) -> None:
    headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
    with bare.test_request_context("/", method="POST", data=b"[1]", headers=headers):
        if is_read:
            assert read_json() == [1]
        else:
            with pytest.raises(UnsupportedMediaType, match=f"the Content-Encoding is {coding.lower()}; the body must"):
                take_json()


def test_a_body_is_read_as_json_only_if_it_is_sent_as_json(bare: Flask) -> None:
    with bare.test_request_context("/", method="POST", data=b"[1, 2]", content_type="application/json; charset=utf-8"):
        assert read_json() == [1, 2]
    with bare.test_request_context("/", method="POST", data=b"{", content_type="application/json"):
        assert take_json() == b"{"
    for content_type, seen in (("text/plain", "text/plain"), ("", "none")):
        with (
            bare.test_request_context("/", method="POST", data=b"[]", content_type=content_type),
            pytest.raises(UnsupportedMediaType, match=f"the Content-Type is {seen}; it must be application/json"),
        ):
            take_json()
    with (
        bare.test_request_context("/", method="POST", data=b"{", content_type="application/json"),
        pytest.raises(InvalidRequest),
    ):
        read_json()
