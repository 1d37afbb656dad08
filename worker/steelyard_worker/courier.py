"""Tells clients of their jobs' ends: signed as Standard Webhooks, to addresses that they may reach, in bounded time.

Each name is resolved once, every address that it has must be allowed, and the connection goes to one of those very
addresses: a name that changes between the look and the connection gains nothing. Redirects are not followed.
"""

import asyncio
import base64
import hashlib
import hmac
import socket
import time
from collections.abc import Sequence
from threading import Event, Thread
from urllib.parse import SplitResult, urlsplit

import httpx
from sqlalchemy import Engine

import steelyard
from steelyard.errors import Unavailable
from steelyard.jobs import webhooks
from steelyard.jobs.reach import may_reach
from steelyard.jobs.webhooks import Delivery
from steelyard.logs import get_logger
from steelyard.settings import Network, Settings
from steelyard.spec.webhook import secret_bytes

ROUND_SECONDS = 1.0
AT_ONCE = 20
DELIVERY_SECONDS = 15.0
GONE = 410  # the receiver wants no more of it
log = get_logger(__name__)


class Refused(Exception):
    """The address may not be reached; the message says why, for people."""


class Courier:
    """A thread that delivers what is due, many at once."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._networks = settings.webhook_networks
        self._stopping = Event()
        self._thread = Thread(target=self._work, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """End with the deliveries that are under way."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                deliveries = webhooks.take_due(self._engine, limit=AT_ONCE)
                if deliveries:
                    asyncio.run(self._deliver_all(deliveries))
            except Unavailable as away:
                log.warning("webhooks wait", reason=away.detail)
            except Exception:
                log.exception("a round of webhooks failed; the next one comes")
            self._stopping.wait(ROUND_SECONDS)

    async def _deliver_all(self, deliveries: list[Delivery]) -> None:
        await asyncio.gather(*(self._deliver(delivery) for delivery in deliveries))

    async def _deliver(self, delivery: Delivery) -> None:
        done = False
        try:
            status = await asyncio.wait_for(send(delivery, self._networks), DELIVERY_SECONDS)
            done = 200 <= status < 300 or status == GONE
            said = f"the receiver answered {status}" + (", and gets no more" if status == GONE else "")
        except Refused as refusal:
            said = str(refusal)
        except TimeoutError:
            said = f"the receiver took longer than {DELIVERY_SECONDS:.0f} s"
        except (httpx.HTTPError, OSError) as error:
            said = f"the receiver could not be reached ({error or type(error).__name__})"
        webhooks.settle(self._engine, delivery, said, done=done)
        log.info("webhook", job_id=delivery.job_id, attempt=delivery.attempt, outcome=said)


async def send(delivery: Delivery, networks: Sequence[Network]) -> int:
    """Send once; the status of the answer. Raises `Refused`, `httpx.HTTPError`, `OSError`."""
    url = urlsplit(delivery.url)
    host = url.hostname or ""
    address = await _resolve(host, url, networks)
    request = httpx.Request(
        "POST",
        httpx.URL(delivery.url).copy_with(host=address),
        headers={"Host": url.netloc, **_headers(delivery)},
        content=delivery.body,
        extensions={"sni_hostname": host},  # the certificate must be the name's, wherever the connection goes
    )
    trusted = httpx.create_ssl_context()  # SSL_CERT_FILE counts, a proxy of the environment does not
    async with httpx.AsyncClient(trust_env=False, verify=trusted, timeout=DELIVERY_SECONDS) as client:
        answer = await client.send(request, stream=True)  # its body is nobody's interest, and of any length
        await answer.aclose()
    return answer.status_code


async def _resolve(host: str, url: SplitResult, networks: Sequence[Network]) -> str:
    port = url.port or (443 if url.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not may_reach(address, networks):
            raise Refused(f"{host} is {address}, which is not a public address")
    return addresses[0]


def _headers(delivery: Delivery) -> dict[str, str]:
    sent_at = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Steelyard/{steelyard.__version__}",
        "webhook-id": delivery.event_id,
        "webhook-timestamp": sent_at,
    }
    if delivery.secret is not None:
        signed = b".".join((delivery.event_id.encode(), sent_at.encode(), delivery.body))
        digest = hmac.digest(secret_bytes(delivery.secret), signed, hashlib.sha256)
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers
