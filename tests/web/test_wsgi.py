"""The application in threads: each answer's steps one at a time, no thread for a client that takes its time."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from steelyard.web.bodies import NONE
from steelyard.web.wsgi import PIECE_BYTES, Application, make_environ

SCOPE: dict[str, Any] = {
    "method": "POST",
    "path": "/a/é b",
    "query_string": b"x=%20&y=\xff",
    "http_version": "1.1",
    "scheme": "http",
    "server": ("127.0.0.1", 8000),
    "client": ("127.0.0.1", 4321),
}
NAME = contextvars.ContextVar("name", default="nobody")


class Numbers:
    """An answer that comes piece by piece, and knows whether it was closed and who took it."""

    def __init__(self, count: int, piece: bytes) -> None:
        self.count, self.piece = count, piece
        self.closed = 0
        self.at_once = self.most_at_once = 0
        self.names: set[str] = set()

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self.count):
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.names.add(NAME.get())
            self.at_once -= 1
            yield self.piece

    def close(self) -> None:
        self.closed += 1


def application(numbers: Numbers, threads: ThreadPoolExecutor) -> Application:
    def wsgi(_: Any, start_response: Callable[..., Any]) -> Numbers:
        NAME.set("caller")
        start_response("200 OK", [("Content-Type", "text/plain"), ("Date", "never")])
        return numbers

    return Application(wsgi, threads)


def test_all_steps_of_an_answer_share_a_context_and_it_is_closed_once() -> None:
    numbers = Numbers(5, b"x" * PIECE_BYTES)

    async def take() -> int:
        with ThreadPoolExecutor(3) as threads:
            answer = await application(numbers, threads).call({})
            assert (answer.status, answer.headers) == (200, [(b"content-type", b"text/plain")])
            taken = [len(piece) async for piece in answer.pieces()]
            await answer.close()
            return sum(taken)

    assert asyncio.run(take()) == 5 * PIECE_BYTES
    assert (numbers.names, numbers.closed, NAME.get()) == ({"caller"}, 1, "nobody")


def test_small_pieces_go_together_and_large_ones_are_cut() -> None:
    async def lengths(numbers: Numbers) -> list[int]:
        with ThreadPoolExecutor(1) as threads:
            answer = await application(numbers, threads).call({})
            return [len(piece) async for piece in answer.pieces()]

    assert asyncio.run(lengths(Numbers(1000, b"x" * 10))) == [10_000]
    assert asyncio.run(lengths(Numbers(1, b"x" * (2 * PIECE_BYTES + 1)))) == [PIECE_BYTES, PIECE_BYTES, 1]


def test_clients_that_take_their_time_share_one_thread() -> None:
    async def slowly(app: Application) -> int:
        answer = await app.call({})
        done = 0
        async for piece in answer.pieces():
            done += len(piece)
            await asyncio.sleep(0.01)
        return done

    async def many() -> list[int]:
        with ThreadPoolExecutor(1) as threads:
            apps = [application(Numbers(5, b"x" * PIECE_BYTES), threads) for _ in range(20)]
            return await asyncio.wait_for(asyncio.gather(*map(slowly, apps)), 20)

    assert asyncio.run(many()) == [5 * PIECE_BYTES] * 20


def test_a_step_that_is_cancelled_ends_before_the_answer_is_closed() -> None:
    began, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    class Slow:
        def __iter__(self) -> Iterator[bytes]:
            began.set()
            go_on.wait(10)
            order.append("step")
            yield b"x"

        def close(self) -> None:
            order.append("close")

    def answer_slowly(_: Any, start_response: Callable[..., Any]) -> Slow:
        start_response("200 OK", [])
        return Slow()

    async def cancel() -> None:
        with ThreadPoolExecutor(2) as threads:
            app = Application(answer_slowly, threads)
            answer = await app.call({})
            taking = asyncio.ensure_future(anext(answer.pieces()))
            await asyncio.to_thread(began.wait, 10)
            taking.cancel()
            await asyncio.sleep(0.05)
            go_on.set()
            await asyncio.gather(taking, return_exceptions=True)
            await answer.close()

    asyncio.run(cancel())
    assert order == ["step", "close"]


def test_the_environment_is_as_pep_3333_has_it() -> None:
    headers = {"host": "here", "content-type": "text/csv", "content-length": "99", "x_y": "no", "x-y": "yes"}
    environ = make_environ(SCOPE, headers, NONE)
    assert environ["PATH_INFO"] == "/a/é b".encode().decode("latin-1")
    assert environ["QUERY_STRING"] == "x=%20&y=\xff"
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"], environ["HTTP_X_Y"]) == ("text/csv", "0", "yes")
    assert (environ["REQUEST_METHOD"], environ["SCRIPT_NAME"], environ["SERVER_PORT"]) == ("POST", "", "8000")
    assert "HTTP_CONTENT_LENGTH" not in environ
    assert all(type(key) is str for key in environ)
