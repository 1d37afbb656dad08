"""The bodies of requests: whole or refused, in bounded time and memory."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import pytest

from steelyard.errors import InvalidRequest, PayloadTooLarge, RequestTimeout, Unavailable
from steelyard.store import tempfiles
from steelyard.web.bodies import Announced, Bodies, ClientGone, Receive
from tests.conftest import wait_for


@pytest.fixture
def bodies() -> Iterator[Bodies]:
    """Half a second for a body, 2,000 bytes for documents."""
    with ThreadPoolExecutor(1) as threads:
        yield Bodies(most_document_bytes=1000, threads=threads, seconds=0.5)


def sending(*messages: Any, pause: float = 0.0) -> Receive:
    """What a server hands over: pieces, `None` for a client that is gone; behind the last, silence."""
    left = list(messages)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause)
        if not left:
            await asyncio.sleep(3600)
        piece = left.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(left) or piece == b"..."}

    return receive


def take(bodies: Bodies, receive: Receive, *, length: int | None = None, file: bool = False, most: int = 1000) -> bytes:
    async def run() -> bytes:
        way = bodies.file if file else bodies.document
        async with way(receive, Announced(length, length is None), most) as body:
            content = body.stream.read()
            assert len(content) == body.length
            return content

    return asyncio.run(run())


@pytest.mark.parametrize("file", [False, True])
def test_pieces_come_together(bodies: Bodies, file: bool) -> None:
    assert take(bodies, sending(b"ab", b"", b"cd"), file=file) == b"abcd"
    assert take(bodies, sending(b"abcd"), length=4, file=file) == b"abcd"
    assert take(bodies, sending(b""), file=file) == b""


@pytest.mark.parametrize("file", [False, True])
def test_a_body_too_large_is_refused_before_or_while_it_comes(bodies: Bodies, file: bool) -> None:
    with pytest.raises(PayloadTooLarge, match="1001 bytes; the limit is 1000"):
        take(bodies, sending(), length=1001, file=file)
    with pytest.raises(PayloadTooLarge, match="more than 1000"):
        take(bodies, sending(b"x" * 900, b"x" * 101), file=file)


@pytest.mark.parametrize("file", [False, True])
def test_a_client_that_is_gone_and_a_body_that_is_cut_are_noticed(bodies: Bodies, file: bool) -> None:
    with pytest.raises(ClientGone):
        take(bodies, sending(b"ab", None), length=4, file=file)
    with pytest.raises(InvalidRequest, match="2 of 4 bytes"):
        take(bodies, sending(b"ab"), length=4, file=file)


@pytest.mark.parametrize("file", [False, True])
@pytest.mark.parametrize("receive", [lambda: sending(b"..."), lambda: sending(*[b"x"] * 1000, pause=0.1)])
def test_silence_and_drops_are_given_up_in_time(bodies: Bodies, file: bool, receive: Callable[[], Receive]) -> None:
    started = time.monotonic()
    with pytest.raises(RequestTimeout, match="bytes of the body"):
        take(bodies, receive(), file=file)
    assert time.monotonic() - started < 5


def test_a_body_that_comes_fast_enough_may_take_longer(bodies: Bodies) -> None:
    pieces = [b"x" * (32 << 10)] * 8
    assert len(take(bodies, sending(*pieces, pause=0.15), most=1 << 20, file=True)) == 8 * (32 << 10)


def test_documents_share_a_budget_that_comes_back(bodies: Bodies) -> None:
    async def together() -> None:
        first = bodies.document(sending(b"x" * 900), Announced(900, False), 1000)
        second = bodies.document(sending(b"x" * 900), Announced(900, False), 1000)
        async with first, second:
            with pytest.raises(Unavailable, match="memory"):
                async with bodies.document(sending(b"x" * 300), Announced(300, False), 1000):
                    pass
            async with bodies.file(sending(b"x" * 900), Announced(900, False), 1000) as file:
                assert file.length == 900  # which is on disk
        async with bodies.document(sending(b"x" * 900), Announced(900, False), 1000):
            pass

    asyncio.run(together())


def test_a_full_disk_is_a_reason_to_come_back(bodies: Bodies, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_full(**_: Any) -> IO[bytes]:
        return Path("/dev/full").open("wb", buffering=0)

    monkeypatch.setattr(tempfiles, "unnamed_file", open_full)
    with pytest.raises(Unavailable, match="no space"):
        take(bodies, sending(b"x" * 10), file=True)


def test_nothing_is_left_of_a_file(bodies: Bodies) -> None:
    async def run() -> IO[bytes]:
        async with bodies.file(sending(b"abc"), Announced(3, False), 10) as body:
            assert body.file is not None
            return body.file

    file = asyncio.run(run())
    wait_for(lambda: file.closed)
