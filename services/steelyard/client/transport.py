"""Sends the requests of an operation, and again after a failure that may pass.

An operation is a generator: it yields what is to be sent or waited for, is resumed with the answer, and returns its
result. So every operation is written once, and is run by a thread (`Transport`) or by an event loop (`AsyncTransport`).
An error of the service ends it.
"""

import asyncio
import json
import random
import time
import uuid
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from steelyard.client.errors import ConnectionLost, NotASteelyard, error_of

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
BUSY = frozenset({429, 502, 503, 504})
JSON, EVENTS = "application/json", "text/event-stream"
DATA = "data: "  # how the line of an event begins that has all of it
SILENT_SECONDS = 60.0  # the service sends something every 15


@dataclass(frozen=True)
class Call:
    """A request. `accept` is the media type that is wanted, `raw` asks for the bytes of the answer instead of its JSON.

    `again` says that sending it twice does no harm; `key` that it gets an `Idempotency-Key`, which makes it so.
    """

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    content_type: str | None = None
    file: Path | None = None
    fields: Mapping[str, str] = field(default_factory=dict)  # of the form with the file
    accept: str = JSON
    raw: bool = False
    again: bool = False
    key: str | None = None

    @property
    def may_repeat(self) -> bool:
        """Whether it is sent again when no answer came, or one that says to try later."""
        return self.method in ("GET", "PUT") or self.again or self.key is not None


def keyed(method: str, path: str, **options: Any) -> Call:
    """A request that has its effect once, however often it is sent."""
    return Call(method, path, key=uuid.uuid4().hex, **options)


@dataclass(frozen=True)
class Pause:
    """Waiting, in seconds."""

    seconds: float


Steps = Generator[Call | Pause, Any, T]


def event_in(line: str) -> dict[str, Any] | None:
    """The event that a line of a stream holds; `None` of other lines."""
    return dict(json.loads(line.removeprefix(DATA))) if line.startswith(DATA) else None


class _Base:
    def __init__(self, url: str, api_key: str | None, timeout: float, retries: int) -> None:
        self.url = url.rstrip("/")
        self.retries = retries
        self.options: dict[str, Any] = {"base_url": self.url, "timeout": timeout}
        if api_key is not None:
            self.options["headers"] = {"Authorization": f"Bearer {api_key}"}

    def arguments(self, call: Call, stack: ExitStack) -> dict[str, Any]:
        """The request as httpx takes it; a file is opened for each time that it is sent."""
        headers = {"Accept": call.accept}
        if call.content_type is not None:
            headers["Content-Type"] = call.content_type
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        given: dict[str, Any] = {"params": {name: value for name, value in call.params.items() if value is not None}}
        if call.file is not None:
            given["files"] = {"file": (call.file.name, stack.enter_context(call.file.open("rb")))}
            given["data"] = dict(call.fields)
        elif call.content is not None:
            given["content"] = call.content
        elif call.json is not None:
            given["json"] = call.json
        return {"method": call.method, "url": call.path, "headers": headers, **given}

    def read(self, answer: "httpx.Response", call: Call) -> Any:
        """The document or the bytes of an answer. Raises `ApiError`, `ConnectionLost`, `NotASteelyard`."""
        if answer.is_success and call.raw:
            return answer.content
        if answer.status_code == 204:
            return None
        try:
            document = answer.json()
        except ValueError:
            document = None
        if answer.is_success and document is not None:
            return document
        if isinstance(document, dict) and {"title", "detail"} <= document.keys():
            raise error_of(document)
        if answer.status_code in BUSY:  # a proxy without its service
            raise ConnectionLost(f"{self.url} does not answer (status {answer.status_code})")
        raise NotASteelyard(f"{self.url} is not a Steelyard service: it answered {answer.status_code} without its JSON")

    def pause_after(self, answer: "httpx.Response | None", attempt: int) -> float:
        """How long to wait before the next try: what the service asks for, or twice as long each time."""
        asked = answer.headers.get("Retry-After", "") if answer is not None else ""
        if asked.isdigit():
            return min(float(asked), LONGEST_PAUSE)
        longest: float = min(FIRST_PAUSE * 2.0**attempt, LONGEST_PAUSE)
        return longest * random.uniform(0.5, 1)

    def stream_arguments(self, call: Call, last: str | None) -> dict[str, Any]:
        """A request for the events that follow the one with the id `last`, as httpx takes it."""
        given = self.arguments(call, ExitStack())
        if last is not None:
            given["headers"]["Last-Event-ID"] = last
        return given | {"timeout": SILENT_SECONDS}

    def give_up(self, call: Call, attempt: int, reason: str) -> None:
        """Raises `ConnectionLost` if the request is not to be sent again."""
        if attempt >= self.retries or not call.may_repeat:
            raise ConnectionLost(f"{self.url} does not answer ({reason})")


class Transport(_Base):
    """Runs operations in the calling thread."""

    def __init__(self, url: str, api_key: str | None, timeout: float, retries: int) -> None:
        import httpx  # noqa: PLC0415 -- a tenth of a second, which `import steelyard.client` need not take

        super().__init__(url, api_key, timeout, retries)
        self._lost = httpx.TransportError
        self.http = httpx.Client(**self.options)

    def run(self, steps: Steps[T]) -> T:
        """The result of an operation."""
        result: Any = None
        while True:
            try:
                step = steps.send(result)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            result = None
            if isinstance(step, Pause):
                time.sleep(step.seconds)
            else:
                result = self.send(step)

    def send(self, call: Call) -> Any:
        """The answer to a request. Raises `ApiError`, `ConnectionLost`, `NotASteelyard`."""
        for attempt in range(self.retries + 1):
            answer = None
            try:
                with ExitStack() as stack:
                    answer = self.http.request(**self.arguments(call, stack))
            except self._lost as error:
                self.give_up(call, attempt, str(error) or type(error).__name__)
            else:
                if answer.status_code not in BUSY or attempt == self.retries or not call.may_repeat:
                    return self.read(answer, call)
            time.sleep(self.pause_after(answer, attempt))
        raise AssertionError("the last attempt returns or raises")

    def follow(self, path: str) -> Iterator[dict[str, Any]]:
        """The events of a stream until there are no more, also over lost connections.

        Raises `ApiError`, `ConnectionLost`, `NotASteelyard`.
        """
        call, attempt, last = Call("GET", path, accept=EVENTS), 0, None
        while True:
            answer = None
            try:
                with self.http.stream(**self.stream_arguments(call, last)) as answer:
                    if answer.status_code == 204:
                        return
                    if not answer.is_success:
                        answer.read()
                        if answer.status_code not in BUSY or attempt == self.retries:
                            self.read(answer, call)
                    else:
                        for line in answer.iter_lines():
                            if (event := event_in(line)) is not None:
                                last = event["id"]
                                yield event
            except self._lost as error:
                self.give_up(call, attempt, str(error) or type(error).__name__)
            attempt = 0 if answer is not None and answer.is_success else attempt + 1
            time.sleep(self.pause_after(answer, attempt))


class AsyncTransport(_Base):
    """Runs operations in an event loop."""

    def __init__(self, url: str, api_key: str | None, timeout: float, retries: int) -> None:
        import httpx  # noqa: PLC0415 -- as above

        super().__init__(url, api_key, timeout, retries)
        self._lost = httpx.TransportError
        self.http = httpx.AsyncClient(**self.options)

    async def run(self, steps: Steps[T]) -> T:
        """The result of an operation."""
        result: Any = None
        while True:
            try:
                step = steps.send(result)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            result = None
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            else:
                result = await self.send(step)

    async def send(self, call: Call) -> Any:
        """The answer to a request. Raises `ApiError`, `ConnectionLost`, `NotASteelyard`."""
        for attempt in range(self.retries + 1):
            answer = None
            try:
                with ExitStack() as stack:
                    answer = await self.http.request(**self.arguments(call, stack))
            except self._lost as error:
                self.give_up(call, attempt, str(error) or type(error).__name__)
            else:
                if answer.status_code not in BUSY or attempt == self.retries or not call.may_repeat:
                    return self.read(answer, call)
            await asyncio.sleep(self.pause_after(answer, attempt))
        raise AssertionError("the last attempt returns or raises")

    async def follow(self, path: str) -> AsyncIterator[dict[str, Any]]:
        """The events of a stream until there are no more, also over lost connections.

        Raises `ApiError`, `ConnectionLost`, `NotASteelyard`.
        """
        call, attempt, last = Call("GET", path, accept=EVENTS), 0, None
        while True:
            answer = None
            try:
                async with self.http.stream(**self.stream_arguments(call, last)) as answer:
                    if answer.status_code == 204:
                        return
                    if not answer.is_success:
                        await answer.aread()
                        if answer.status_code not in BUSY or attempt == self.retries:
                            self.read(answer, call)
                    else:
                        async for line in answer.aiter_lines():
                            if (event := event_in(line)) is not None:
                                last = event["id"]
                                yield event
            except self._lost as error:
                self.give_up(call, attempt, str(error) or type(error).__name__)
            attempt = 0 if answer is not None and answer.is_success else attempt + 1
            await asyncio.sleep(self.pause_after(answer, attempt))
