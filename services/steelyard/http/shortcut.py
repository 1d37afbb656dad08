"""Predictions for a few rows of JSON, answered before Flask is asked, whose own way costs as much again.

Only what is well is answered here. All else goes on to Flask with its body: other addresses, files, rows that cannot
be, models that there are not. So there is one place that says what is wrong. What every request must pass before it
is answered has to stand here as well as in `app`.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from steelyard.http.accounting import ALWAYS, choose_id
from steelyard.http.models import PREDICT
from steelyard.http.routing import JSON, dump
from steelyard.http.wiring import Services

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDRESS = re.compile(re.escape(PREDICT).replace("<model_id>", "([^/]+)"))
MOST_BYTES = 1 << 17  # with more, Flask's way is short beside the network's


class AnswerBody:
    """The body of an answer, and what is to be done once it is sent."""

    def __init__(self, body: bytes, at_last: Callable[[], None]) -> None:
        self._body, self.close = body, at_last

    def __iter__(self) -> Iterator[bytes]:
        yield self._body


class Shortcut:
    """A WSGI application: `flask`, and this before it."""

    def __init__(self, flask: "WSGIApplication", ours: Services) -> None:
        self.flask, self._ours = flask, ours
        self._most_bytes = min(MOST_BYTES, ours.settings.max_body_bytes)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        started = time.perf_counter()
        address = ADDRESS.fullmatch(environ["PATH_INFO"])
        if address is None or not self._is_plain(environ):
            return self.flask(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        try:
            answer = dump(self._ours.predictor.predict(address[1], body))
        except Exception:  # Flask's way comes to it again, and has an answer for every error
            environ["wsgi.input"] = BytesIO(body)
            return self.flask(environ, start_response)
        request_id = choose_id(environ.get("HTTP_X_REQUEST_ID"))
        head = [("Content-Type", JSON), ("Content-Length", str(len(answer))), ("X-Request-ID", request_id), *ALWAYS]
        start_response("200 OK", head)
        seconds = time.perf_counter() - started
        leave = partial(self._ours.accounts.leave, request_id, "POST", environ["PATH_INFO"], PREDICT, 200, seconds)
        return AnswerBody(answer, leave)

    def _is_plain(self, environ: "WSGIEnvironment") -> bool:
        """Whether it is a request with a body of JSON of known length, and nothing else to be looked at."""
        length = environ.get("CONTENT_LENGTH", "")
        return (
            environ["REQUEST_METHOD"] == "POST"
            and environ.get("CONTENT_TYPE") == JSON
            and not environ.get("QUERY_STRING")
            and length.isdecimal()
            and int(length) <= self._most_bytes
        )
