"""The service, as commands ask it. Any error ends the program with one message and status 1."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import click
import httpx

from steelyard.cli import rendering
from steelyard.client.errors import ApiError, ConnectionLost, NotASteelyard, Unavailable
from steelyard.client.operations import ENDED
from steelyard.client.transport import Call, Transport

POLL_SECONDS = 0.15
RETRY_SECONDS = 1.0
TIMEOUT_SECONDS = 90.0


class Client:
    """The service at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._transport = Transport(url, None, TIMEOUT_SECONDS, retries=0)
        except httpx.InvalidURL as error:
            end(f"--url {url} is wrong: {error}")

    def close(self) -> None:
        """Give the connection back: a service that stops waits a while for those that are open."""
        self._transport.http.close()

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of the answer. The options are those of a `Call`."""
        try:
            return self._ask(method, path, **options)
        except ConnectionLost as lost:
            end(f"{lost}; start one with `steelyard up`, or give --url")
        except Unavailable as error:
            end(rendering.problem(error.problem))

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET."""
        return self.ask("GET", path, params=parameters)

    def save(self, path: str, media_type: str, file: Path, **parameters: Any) -> None:
        """Write an answer to a file; no file is left of an answer that breaks off."""
        unfinished = file.with_name(f"{file.name}.part")
        content = self.ask("GET", path, accept=media_type, raw=True, params=parameters)
        try:
            unfinished.write_bytes(content)
            unfinished.replace(file)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            end(f"{file} cannot be written: {error.strerror}")

    def follow(self, job: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any], str]]:
        """The job and the newest values of its history, again and again until it has ended.

        While the service does not answer, what is known stays, and the third is the reason.
        """
        values: dict[str, Any] = {}
        path, epoch, wait = f"/v1/jobs/{job['id']}", 0, 0.0
        while True:
            try:
                job = self._ask("GET", path, params={"wait": wait, "until": "ended"})
                history = self._ask("GET", f"{path}/history", params={"after": epoch})
            except (ConnectionLost, Unavailable) as lost:
                yield job, values, str(lost)
                time.sleep(RETRY_SECONDS)
                continue
            wait = POLL_SECONDS
            if history["epochs"]:
                epoch = history["epochs"][-1]
                values = {name: series[-1] for name, series in history["series"].items()}
            yield job, values, ""
            if job["status"] in ENDED:
                return

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            return self._transport.send(Call(method, path, **options))
        except Unavailable:
            raise
        except ApiError as error:
            end(rendering.problem(error.problem))
        except NotASteelyard as error:
            end(f"{error}; give another --url")


def end(message: str) -> NoReturn:
    """End the program with what is wrong."""
    click.echo(message, err=True)
    sys.exit(1)
