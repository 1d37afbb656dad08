"""The application on an empty database and a real broker, spoken to in this process."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from steelyard.settings import Settings
from steelyard.web.front import Front
from tests.contract import AsyncClient


@dataclass
class Caller:
    """Calls a front as an ASGI server does."""

    front: Front

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer to one request."""
        return asyncio.run(self.ask_in_loop(method, path, **options))

    async def ask_in_loop(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The same, in a loop of the caller's."""
        transport = httpx.ASGITransport(app=self.front)  # type: ignore[arg-type]
        async with AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **options)


@contextmanager
def calling(settings: Settings) -> Iterator[Caller]:
    """A front on these settings; behind it, nothing of it runs on."""
    front = Front(settings)
    try:
        yield Caller(front)
    finally:
        front.close()


@pytest.fixture
def caller(settings: Settings) -> Iterator[Caller]:
    """A front on an empty database."""
    with calling(settings) as caller:
        yield caller


async def in_pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    """A body that comes in pieces, so that its length is not known before."""
    for piece in pieces:
        yield piece
