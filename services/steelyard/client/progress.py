"""One line about a job that runs, written again and again."""

from collections.abc import Callable, Mapping
from typing import Any, TextIO

WIDTH = 30


def show_progress(sink: TextIO) -> Callable[[Mapping[str, Any]], None]:
    """What writes the line of a job to `sink`; the last one ends it."""

    def show(job: Mapping[str, Any]) -> None:
        progress = job["progress"]
        done = round(WIDTH * (progress["fraction"] or 0))
        ended = job["status"] not in ("queued", "running")
        bar = "#" * done + "." * (WIDTH - done)
        sink.write(
            f"\r{job['status']:<9} [{bar}] epoch {progress['epoch']}/{progress['epochs']}{chr(10) if ended else ''}"
        )
        sink.flush()

    return show
