"""Predictions for a few rows of JSON, answered from the wire: gunicorn's and Flask's way costs as much again.

Only what is well is answered here, of requests that have what most clients send in their heads, and no more than that.
All else goes their way as it came: other addresses, files, rows that cannot be, models that there are not. So there is
one place that says what is wrong. What every request must pass before it is answered has to stand here as well as in
`app`.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from gunicorn import SERVER
from gunicorn.util import http_date

from steelyard.http.accounting import ALWAYS, choose_id
from steelyard.http.models import PREDICT
from steelyard.http.routing import JSON, dump
from steelyard.http.wiring import Services

ADDRESS = re.escape(PREDICT).replace("<model_id>", r"(?P<model>[\w.~-]+)")
HEAD = re.compile(
    rb"POST (?P<path>%s) HTTP/1\.1\r\n(?P<fields>(?:[A-Za-z-]+:[ -~]*\r\n)+)\r\n" % ADDRESS.encode(), re.ASCII
)
MOST_HEAD_BYTES = 8190
LENGTH = re.compile(r"[0-9]{1,9}")
END_OF_HEAD = b"\r\n\r\n"
# None of these changes what a request is or where it ends, but for those that are looked at below.
NEEDED = {"host", "content-type", "content-length"}
OF_CLIENTS = {
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "sec-fetch-mode",
    "user-agent",
    "x-request-id",
}
OF_PROXIES = {"traceparent", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
KNOWN = NEEDED | OF_CLIENTS | OF_PROXIES
MOST_BYTES = 1 << 17  # with more, the usual way is short beside the network's
CONSTANT = [("Server", SERVER), ("Connection", "keep-alive"), ("Content-Type", JSON), *ALWAYS]
ANSWER = "\r\n".join([
    "HTTP/1.1 200 OK",
    *(f"{name}: {value}" for name, value in CONSTANT),
    "Date: %s\r\nContent-Length: %d\r\nX-Request-ID: %s\r\n\r\n",
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for predictions, as its head says: where its body begins and ends."""

    path: str
    model: str
    request_id: str | None
    begin: int
    end: int


class Shortcut:
    """Answers requests, given as bytes."""

    def __init__(self, ours: Services) -> None:
        self._ours = ours
        self._most_bytes = min(MOST_BYTES, ours.settings.max_body_bytes)

    def read(self, start: bytes) -> Asked | None:
        """What is asked, if a request that may be answered here begins with `start`, in which is its whole head."""
        begin = start.find(END_OF_HEAD, 0, MOST_HEAD_BYTES) + len(END_OF_HEAD)
        if begin < len(END_OF_HEAD):
            return None
        asked = _read_head(start[:begin])
        return None if asked is None or asked.end - asked.begin > self._most_bytes else asked

    def answer(self, asked: Asked, body: bytes, send: Callable[[bytes], object]) -> bool:
        """Whether there are predictions for the body; if so, they are sent. Raises what `send` does."""
        started = time.perf_counter()
        try:
            said = dump(self._ours.predictor.predict(asked.model, body))
        except Exception:  # the usual way comes to it again, and has an answer for every error
            return False
        request_id = choose_id(asked.request_id)
        head = ANSWER % (_date(int(time.time())), len(said), request_id)
        seconds = time.perf_counter() - started
        send(head.encode() + said)
        self._ours.accounts.leave(request_id, "POST", asked.path, PREDICT, 200, seconds)
        return True


@lru_cache(maxsize=256)  # a client sends the same again and again
def _read_head(head: bytes) -> Asked | None:
    found = HEAD.fullmatch(head)
    if found is None:
        return None
    lines = found["fields"].decode("ascii").split("\r\n")[:-1]
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if len(fields) < len(lines) or not NEEDED <= fields.keys() <= KNOWN or not _is_plain(fields):
        return None
    end = len(head) + int(fields["content-length"])
    return Asked(found["path"].decode(), found["model"].decode(), fields.get("x-request-id"), len(head), end)


def _is_plain(fields: dict[str, str]) -> bool:
    """Whether it is a request with a body of JSON of known length, on a connection that stays open."""
    return (
        fields["content-type"] == JSON
        and LENGTH.fullmatch(fields["content-length"]) is not None
        and fields.get("connection", "keep-alive").lower() == "keep-alive"
    )


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return str(http_date(second))
