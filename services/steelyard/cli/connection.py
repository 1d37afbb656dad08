"""An HTTP client of a running service. Any error ends the program with one message and status 1."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import click
import httpx

from steelyard.cli import rendering

ENDED = ("succeeded", "failed", "cancelled")
POLL_SECONDS = 0.15
RETRY_SECONDS = 1.0
AWAY = (502, 503, 504)


class ConnectionLost(Exception):
    """The service does not answer."""


class Client:
    """The service at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._http = httpx.Client(base_url=url, timeout=90)
        except httpx.InvalidURL as error:
            end(f"--url {url} is wrong: {error}")

    def close(self) -> None:
        """Give the connection back: a service that stops waits a while for those that are open."""
        self._http.close()

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of the answer."""
        try:
            return self._ask(method, path, **options)
        except ConnectionLost as lost:
            end(f"{self.url} does not answer ({lost}); start one with `steelyard up`, or give --url")

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET."""
        return self.ask("GET", path, params=parameters)

    def save(self, path: str, media_type: str, file: Path) -> None:
        """Write an answer to a file, a piece at a time; no file is left of an answer that breaks off."""
        unfinished = file.with_name(f"{file.name}.part")
        try:
            with self._http.stream("GET", path, headers={"Accept": media_type}) as answer:
                if answer.is_error:
                    answer.read()
                    self._refuse(answer)
                with unfinished.open("wb") as writing:
                    writing.writelines(answer.iter_bytes())
            unfinished.replace(file)
        except httpx.TransportError as error:
            unfinished.unlink(missing_ok=True)
            end(f"{self.url} does not answer ({error}); start one with `steelyard up`, or give --url")
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
            except ConnectionLost as lost:
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
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise ConnectionLost(str(error) or type(error).__name__) from None
        if answer.status_code in AWAY:
            raise ConnectionLost(f"status {answer.status_code}")
        if answer.is_error:
            self._refuse(answer)
        return self._json(answer)

    def _refuse(self, answer: httpx.Response) -> NoReturn:
        document = self._json(answer)
        if not isinstance(document, dict) or not {"title", "detail"} <= document.keys():
            self._foreign(answer)
        end(rendering.problem(document))

    def _json(self, answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError:
            self._foreign(answer)

    def _foreign(self, answer: httpx.Response) -> NoReturn:
        end(
            f"{self.url} is not a Steelyard service (it answered {answer.status_code} without its JSON); "
            "give another --url"
        )


def end(message: str) -> NoReturn:
    """End the program with what is wrong."""
    click.echo(message, err=True)
    sys.exit(1)
