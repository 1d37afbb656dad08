"""Where every request comes in: an ASGI application that lets it pass or not, takes its body, and has it answered.

The event loop reads requests and writes answers, so no client that is slow or silent holds a thread. Predictions for a
few rows by a model that is loaded are made right here; everything else is Flask's, in a thread. A view may leave
something to do after it: to wait for a job, or to go on with its events.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import Any, TypeVar

from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header

from steelyard.documents.writer import dump
from steelyard.errors import Internal, SteelyardError
from steelyard.http.accounting import choose_id
from steelyard.http.environment import IS_AGAIN, LEFT, REQUEST_ID, ROUTE
from steelyard.http.routing import JSON, OPERATION, Operation
from steelyard.inference.api import PREDICT
from steelyard.inference.protocols.api import INFER_RULE, INVOCATIONS, Ready, Sent, prepare_infer, prepare_invoke
from steelyard.inference.schema import Prediction
from steelyard.inference.service import Predictor
from steelyard.inference.together import Together
from steelyard.jobs.following import Stream, Wait
from steelyard.logs import get_logger
from steelyard.settings import Settings
from steelyard.web.app import create_app
from steelyard.web.bodies import NONE, Announced, Bodies, Body, ClientGone, Receive
from steelyard.web.events import Streams
from steelyard.web.gate import Gate
from steelyard.web.problems import make_problem
from steelyard.web.watcher import Watcher
from steelyard.web.wiring import KEY, THREADS, Services
from steelyard.web.wsgi import Answer, Application, make_environ

Prepare = Callable[[Predictor, str, bytes, dict[str, str]], Ready | None]
MOST_BYTES_AT_ONCE = 1 << 17  # of a prediction that the event loop makes by itself
SEND_SECONDS = 60.0  # how long a client may take for a piece of an answer
LARGE_BYTES, LARGE_AT_ONCE = 1 << 20, THREADS // 4  # bodies that may take long, and how many threads they get
CLIENT_GONE = 499  # in the log alone: nobody was there to be answered
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
T = TypeVar("T")
log = get_logger(__name__)


class Front:
    """The API on these settings, as ASGI has it."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        self.services: Services = self.app.extensions[KEY]
        self._threads = ThreadPoolExecutor(THREADS, "request")
        self._gate = Gate(settings)
        self._bodies = Bodies(most_document_bytes=settings.max_body_bytes, threads=self._threads)
        self._wsgi = Application(self.app.wsgi_app, self._threads)
        self._urls = self.app.url_map.bind("")
        self._watcher = Watcher(self.services.engine)
        self._streams = Streams(self.services.engine, self._watcher)
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._together = Together()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send)
        try:
            await self._answer(exchange)
        except ClientGone:
            exchange.status = CLIENT_GONE
        except SteelyardError as error:
            await exchange.refuse(error)
        except Exception:
            log.exception("a request failed", request_id=exchange.request_id)
            await exchange.refuse(Internal(f"see the server's log for the request id {exchange.request_id}"))
        seconds = time.perf_counter() - exchange.started
        meters, path = self.services.meters, scope["path"]
        meters.account(exchange.request_id, scope["method"], path, exchange.route, exchange.status, seconds)

    def stop(self) -> None:
        """End what would go on by itself: clients that wait, and streams."""
        self._watcher.stop()

    def close(self) -> None:
        """Give back what is held, once nothing is asked any more."""
        self._watcher.stop()
        self._streams.close()
        self._threads.shutdown()
        self.services.close()

    async def _answer(self, exchange: "Exchange") -> None:
        self._gate.check(exchange.scope["method"], exchange.headers)
        asked = _model_asked(exchange)
        async with self._body(exchange, is_document=asked is not None) as body:
            if asked is not None and (sent := await self._predict(exchange, *asked, body)) is not None:
                content, headers = sent
                encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
                await exchange.send(200, [*encoded, (b"content-length", b"%d" % len(content))], content)
                return
            answer = await self._call(exchange, body)
            match answer.left.pop(LEFT, None):
                case Wait() as order:
                    await answer.close()
                    await exchange.unless_gone(self._watcher.wait(order))
                    await self._send(exchange, await self._call(exchange, NONE, **{IS_AGAIN: True}))
                case Stream() as order:
                    await answer.close()
                    await self._stream(exchange, order, answer)
                case _:
                    await self._send(exchange, answer)

    def _body(self, exchange: "Exchange", *, is_document: bool) -> AbstractAsyncContextManager[Body]:
        """The request's body, in the form in which the address that is asked takes it."""
        announced, ours = Announced.of(exchange.headers), self.services.settings
        if is_document:
            return self._bodies.document(exchange.receive, announced, ours.max_body_bytes)
        operation = None if announced.is_empty else self._operation(exchange)
        if operation is None or not (operation.body or operation.files or operation.form):
            return nullcontext(NONE)
        if operation.form:
            return self._bodies.file(exchange.receive, announced, ours.max_body_bytes)
        if operation.files and not (operation.body and exchange.media_type == JSON):
            most = ours.max_body_bytes if operation.body else ours.max_dataset_bytes
            return self._bodies.file(exchange.receive, announced, most)
        return self._bodies.document(exchange.receive, announced, ours.max_body_bytes)

    def _operation(self, exchange: "Exchange") -> Operation | None:
        """What is declared of the address that is asked; `None` if there is nothing, and Flask says what is wrong."""
        try:
            endpoint, _ = self._urls.match(exchange.scope["path"], exchange.scope["method"])
        except HTTPException:
            return None
        return getattr(self.app.view_functions[endpoint], OPERATION, None)

    async def _predict(self, exchange: "Exchange", rule: str, model: str, body: Body) -> Sent | None:
        """A prediction, if it is one that takes no time and has nothing wrong with it."""
        if not 0 < body.length <= MOST_BYTES_AT_ONCE:
            return None
        try:
            ready = AT_ONCE[rule](self.services.predictor, model, body.content, exchange.headers)
            if ready is None:
                return None
            prepared, write = ready
            sent = write(prepared.write(await self._together.answer(prepared.model, prepared.inputs.x)))
        except Exception:  # Flask's view comes to it again, and has an answer for every error
            return None
        exchange.route = rule
        return sent

    async def _call(self, exchange: "Exchange", body: Body, **more: Any) -> Answer:
        environ = make_environ(exchange.scope, exchange.headers, body) | {REQUEST_ID: exchange.request_id} | more
        async with self._large if body.length > LARGE_BYTES else nullcontext():
            answer = await self._wsgi.call(environ)
        exchange.route = answer.left.get(ROUTE, exchange.route)
        return answer

    async def _stream(self, exchange: "Exchange", order: Stream, answer: Answer) -> None:
        """Send a job's events as they happen."""
        self._streams.reserve()
        try:
            pieces = self._streams.follow(order)
            await exchange.unless_gone(exchange.send_pieces(answer.status, answer.headers, pieces))
        finally:
            self._streams.release()

    async def _send(self, exchange: "Exchange", answer: Answer) -> None:
        """Send what Flask answered."""
        try:
            if answer.whole is not None:
                await exchange.send(answer.status, answer.headers, answer.whole)
            else:
                sending = exchange.send_pieces(answer.status, answer.headers, answer.pieces())
                await exchange.unless_gone(sending)
        finally:
            await answer.close()


def _prepare_predict(predictor: Predictor, model: str, body: bytes, _: dict[str, str]) -> Ready | None:
    prepared = predictor.prepare(model, body)
    return None if prepared is None else (prepared, _write_prediction)


def _write_prediction(prediction: Prediction) -> Sent:
    return dump(prediction), {"content-type": JSON}


AT_ONCE: dict[str, Prepare] = {
    PREDICT: _prepare_predict,
    INFER_RULE: prepare_infer,
    INVOCATIONS: prepare_invoke,
}
RULES = [(re.compile(re.sub(r"<\w+>", r"([\\w.~-]+)", rule), re.ASCII), rule) for rule in AT_ONCE]


def _model_asked(exchange: "Exchange") -> tuple[str, str] | None:
    """The route and the model, if predictions are asked for rows that are no file."""
    scope = exchange.scope
    if scope["method"] != "POST" or scope["query_string"]:
        return None
    for pattern, rule in RULES:
        if (asked := pattern.fullmatch(scope["path"])) is not None:
            return (rule, asked[1]) if rule == INFER_RULE or exchange.media_type == JSON else None
    return None


class Exchange:
    """A request and its answer."""

    def __init__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.started = time.perf_counter()
        self.headers = _join(scope["headers"])
        self.request_id = choose_id(self.headers.get("x-request-id"))
        self.route = "none"
        self.status = 0
        self._send = send

    @property
    def media_type(self) -> str:
        """The body's media type, without its parameters."""
        given = self.headers.get("content-type", "")
        return given if given == JSON else parse_options_header(given)[0].lower()

    async def send(self, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer that is whole, with its length among the headers."""
        await self._begin(status, headers)
        await self._send({"type": "http.response.body", "body": body})

    async def send_pieces(self, status: int, headers: Headers, pieces: AsyncGenerator[bytes, None]) -> None:
        """Send an answer as its pieces come. Raises `ClientGone` if the client does not take them."""
        await self._begin(status, headers)
        async with aclosing(pieces):
            async for piece in pieces:
                try:
                    async with asyncio.timeout(SEND_SECONDS):
                        await self._send({"type": "http.response.body", "body": piece, "more_body": True})
                except TimeoutError:
                    raise ClientGone from None
        await self._send({"type": "http.response.body"})

    async def refuse(self, error: SteelyardError) -> None:
        """Send an error, unless an answer has begun already: that ends early, with the connection."""
        if not self.status:
            status, headers, body = make_problem(error, self.scope["path"])
            encoded = [(name.encode(), value.encode()) for name, value in headers]
            await self.send(status, [*encoded, (b"content-length", b"%d" % len(body))], body)

    async def unless_gone(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work as long as the client is there to see it. Raises `ClientGone`."""
        tasks = asyncio.ensure_future(work), asyncio.ensure_future(self._hang_up())
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not tasks[0].done():
                raise ClientGone
            return tasks[0].result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hang_up(self) -> None:
        """Return when the client hangs up."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def _begin(self, status: int, headers: Headers) -> None:
        self.status = status
        always = [(b"x-request-id", self.request_id.encode()), (b"x-content-type-options", b"nosniff")]
        await self._send({"type": "http.response.start", "status": status, "headers": [*headers, *always]})


def _join(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers by their names in lower case; those that come more than once as one list. Raises `InvalidRequest`."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        if key in joined and key == "host":
            joined[key] = f"{joined[key]} and {text}"  # which no gate lets in
        else:
            joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined
