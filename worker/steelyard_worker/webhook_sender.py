"""Delivers webhooks, signed as Standard Webhooks, independently of each other, and only to allowed addresses.

A receiver that does not respond occupies one connection and delays no other delivery. The number of deliveries in
progress is limited, per host and in total. When the limit is reached, the oldest one is ended for the next that is due.

Each host name is resolved once, all its addresses must be allowed, and the connection goes to one of them. So a name
whose address changes between the check and the connection (DNS rebinding) has no effect. Redirects are not followed.
"""

import asyncio
import socket
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import BoundedSemaphore, Event, Thread
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
from sqlalchemy import Engine
from standardwebhooks import Webhook

import steelyard
from steelyard.errors import Unavailable
from steelyard.jobs.webhooks import outbox
from steelyard.jobs.webhooks.address_policy import may_reach
from steelyard.jobs.webhooks.outbox import Delivery, Outcome
from steelyard.logs import bind, get_logger
from steelyard.settings import Network, Settings
from steelyard_worker.kinds import KINDS

ROUND_SECONDS = 1.0
SHORTEST_ROUND_SECONDS = 0.05
AT_ONCE = 250
PER_HOST = 8
TAKEN_A_ROUND = 50
MOST_BYTES = 64 << 20  # in the bodies of deliveries in progress
PATIENCE_SECONDS = 1.0  # before a delivery can be ended in favor of another
DELIVERY_SECONDS = 15.0
STOP_SECONDS = 5.0
LOOK_UPS_AT_ONCE = BoundedSemaphore(500)
GONE = 410  # HTTP status: the receiver wants no more deliveries
log = get_logger(__name__)


class Refused(Exception):
    """The address is not allowed; the message says why."""


@dataclass
class Flight:
    """A delivery in progress, `started` at a time of the monotonic clock."""

    delivery: Delivery
    started: float
    cut: bool = False


class WebhookSender:
    """A thread that delivers the webhooks that are due."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._networks = settings.webhook_networks
        self._stopping = Event()
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._thread = Thread(target=self._run, name="sender", daemon=True)
        self._flights: dict[asyncio.Task[Outcome], Flight] = {}
        self._outcomes: list[Outcome] = []

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Interrupt the deliveries in progress, which are repeated later, and stop within `STOP_SECONDS`."""
        self._stopping.set()
        self._loop.call_soon_threadsafe(self._wake.set)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._work())

    async def _work(self) -> None:
        self._trusted = httpx.create_ssl_context()  # respects SSL_CERT_FILE; proxy variables are ignored
        while not self._stopping.is_set():
            try:
                await self._round()
            except Unavailable as away:
                log.warning("webhooks wait", reason=away.detail)
            except Exception:
                log.exception("a round of webhooks failed; the next one follows")
            await self._rest()
        await self._interrupt()

    async def _rest(self) -> None:
        """Wait until the next round."""
        await asyncio.sleep(SHORTEST_ROUND_SECONDS)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), ROUND_SECONDS)
        self._wake.clear()

    async def _round(self) -> None:
        await self._settle()
        busy = Counter(flight.delivery.host for flight in self._flights.values())
        limits: dict[str, Any] = {"limit": TAKEN_A_ROUND, "host_limit": PER_HOST}
        due = await asyncio.to_thread(outbox.find_due, self._engine, busy=busy, **limits)
        room = self._room()
        self._cut(len(due) - room)
        if due and room > 0:
            for delivery in await asyncio.to_thread(outbox.take, self._engine, due[:room], KINDS):
                self._launch(delivery)
            self._wake.set()  # more may be due

    def _room(self) -> int:
        held = sum(len(flight.delivery.body) for flight in self._flights.values())
        return AT_ONCE - len(self._flights) if held < MOST_BYTES else 0

    def _launch(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._deliver(delivery))
        self._flights[task] = Flight(delivery, time.monotonic())
        task.add_done_callback(self._land)

    def _land(self, task: "asyncio.Task[Outcome]") -> None:
        flight = self._flights.pop(task)
        if not task.cancelled():
            outcome = task.result()
        elif flight.cut:
            outcome = Outcome(flight.delivery, "the receiver did not respond while other deliveries were waiting")
        else:
            outcome = Outcome(flight.delivery, "interrupted, because the worker stopped", interrupted=True)
        with _bound(flight.delivery):
            log.info("webhook", attempt=flight.delivery.attempt, outcome=outcome.words)
        self._outcomes.append(outcome)
        self._wake.set()

    def _cut(self, count: int) -> None:
        """End the `count` oldest deliveries, if they are old enough."""
        latest = time.monotonic() - PATIENCE_SECONDS
        for task, flight in list(self._flights.items())[: max(0, count)]:  # oldest first
            if flight.started < latest:
                flight.cut = True
                task.cancel()

    async def _settle(self) -> None:
        if self._outcomes:
            settled = len(self._outcomes)
            await asyncio.to_thread(outbox.settle, self._engine, self._outcomes[:settled])
            del self._outcomes[:settled]

    async def _interrupt(self) -> None:
        tasks = list(self._flights)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._settle()
        except Unavailable as away:
            log.warning("interrupted webhooks are delivered when their lease has expired", reason=away.detail)

    async def _deliver(self, delivery: Delivery) -> Outcome:
        done = False
        try:
            sending = send(delivery, self._networks, self._trusted)
            status = await asyncio.wait_for(sending, DELIVERY_SECONDS)
            done = 200 <= status < 300 or status == GONE
            words = f"the receiver answered {status}" + (" and gets no more deliveries" if status == GONE else "")
        except Refused as refusal:
            words = str(refusal)
        except TimeoutError:
            words = f"the receiver took longer than {DELIVERY_SECONDS:.0f} s"
        except (httpx.HTTPError, OSError) as error:
            words = f"the receiver could not be reached ({error or type(error).__name__})"
        except Exception as error:  # one failed delivery must not stop the sender
            with _bound(delivery):
                log.exception("a webhook could not be sent")
            words = f"it could not be sent ({type(error).__name__})"
        return Outcome(delivery, words, done=done)


def _bound(delivery: Delivery) -> AbstractContextManager[None]:
    return bind(job_id=delivery.job_id, request_id=delivery.request_id)


async def send(delivery: Delivery, networks: Sequence[Network], trusted: ssl.SSLContext) -> int:
    """Send once. Returns the status of the answer. Raises `Refused`, `httpx.HTTPError`, `OSError`."""
    url = urlsplit(delivery.url)
    host = url.hostname or ""
    address = await _resolve(host, url, networks)
    request = httpx.Request(
        "POST",
        httpx.URL(delivery.url).copy_with(host=address),
        headers={"Host": url.netloc, **_headers(delivery)},
        content=delivery.body,
        extensions={"sni_hostname": host},  # the certificate must match the host name
    )
    async with httpx.AsyncClient(trust_env=False, verify=trusted, timeout=DELIVERY_SECONDS) as client:
        answer = await client.send(request, stream=True)  # the body may be large and is not read
        await answer.aclose()
    return answer.status_code


async def _resolve(host: str, url: SplitResult, networks: Sequence[Network]) -> str:
    port = url.port or (443 if url.scheme == "https" else 80)
    addresses = await _look_up(host, port)
    for address in addresses:
        if not may_reach(address, networks):
            raise Refused(f"{host} is {address}, which is not a public address")
    return addresses[0]


async def _look_up(host: str, port: int) -> list[str]:
    """The addresses of a host name. Raises `OSError`.

    Each lookup has a thread of its own: a name server that does not respond blocks it for half a minute. In a small
    thread pool it would delay all other lookups, and pool threads would delay the exit of the worker.
    """
    if not LOOK_UPS_AT_ONCE.acquire(blocking=False):
        raise OSError("too many DNS lookups are in progress")
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def finish(addresses: list[str] | OSError) -> None:
        if found.done():
            return
        if isinstance(addresses, OSError):
            found.set_exception(addresses)
        else:
            found.set_result(addresses)

    def ask() -> None:
        answer: list[str] | OSError
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer = [str(entry[4][0]) for entry in entries]
        except (OSError, UnicodeError) as error:
            answer = error if isinstance(error, OSError) else OSError(f"{host} is not a name")
        LOOK_UPS_AT_ONCE.release()
        with suppress(RuntimeError):  # the worker has stopped
            loop.call_soon_threadsafe(finish, answer)

    try:
        Thread(target=ask, name="look-up", daemon=True).start()
    except RuntimeError as error:
        LOOK_UPS_AT_ONCE.release()
        raise OSError("no thread can be started") from error
    return await found


def _headers(delivery: Delivery) -> dict[str, str]:
    sent_at = datetime.now(UTC)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Steelyard/{steelyard.__version__}",
        "webhook-id": delivery.event_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
    }
    if delivery.secret is not None:
        signature = Webhook(delivery.secret).sign(delivery.event_id, sent_at, delivery.body.decode())
        headers["webhook-signature"] = signature
    return headers
