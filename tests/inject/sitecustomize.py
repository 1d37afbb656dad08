"""Changes the processes of a service that tests start. On `PYTHONPATH` in tests alone.

Python imports a module of this name at its start. A job of `ENDLESS` epochs is there to be stopped: it rests between
epochs, so that it costs the machine little while a test waits for something else.

With a folder `FAULTS`, a process dies, or finds its disk full, at a named place. A file `NAME.before` or `NAME.after`
in the folder asks the next process that comes through the place `NAME` to kill itself before it commits there, or just
after; it takes the file away, so that one file means one death. While there is a file `full`, SQLite may not grow by a
page. Every job rests between epochs then: it lasts long enough to be harmed.
"""

import importlib.util
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar

FOLDER = Path(os.environ.get("FAULTS", ""))
PLACES = {
    "steelyard.training.submission": {"submit": "submit"},
    "steelyard.jobs.ledger": {"claim": "claim", "record": "checkpoint"},
    "steelyard.training.results": {"save_result": "result"},
    "steelyard.jobs.doorbell": {"Doorbell.ring": "ring"},
}
ENDLESS, REST_SECONDS = 10_000, 0.02
FAULTS_REST_SECONDS = 0.005
passing = threading.local()  # the place that this thread is in


def die_if_asked(name: str, when: str) -> None:
    try:
        (FOLDER / f"{name}.{when}").unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def watched(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        if name == "checkpoint" and options.get("checkpoint") is None:  # only the history
            return function(*arguments, **options)
        passing.place = name
        try:
            result = function(*arguments, **options)
        finally:
            passing.place = None
        if result is not None or name != "claim":  # a claim that finds no job does not pass
            die_if_asked(name, "after")
        return result

    return call


def before_commit(_: Any) -> None:
    if getattr(passing, "place", None) is not None:
        die_if_asked(passing.place, "before")


def patch_recorder(module: Any) -> None:
    take = module.Recorder.take

    def take_and_rest(recorder: Any, event: Any, seconds: float) -> None:
        take(recorder, event, seconds)
        if isinstance(event, module.Epoch) and recorder._observer is not None:
            is_endless = recorder._observer._training.epochs >= ENDLESS
            time.sleep(REST_SECONDS if is_endless else FAULTS_REST_SECONDS if "FAULTS" in os.environ else 0.0)

    module.Recorder.take = take_and_rest


def bound_pages(connection: Any) -> None:
    pages = 1 if (FOLDER / "full").exists() else 0xFFFF_FFFE  # 1 is taken as: not more than there are
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def patch_engine(module: Any) -> None:
    from sqlalchemy import Engine, event

    make_engine = module.make_engine
    event.listen(Engine, "commit", before_commit)

    def make(url: str) -> Any:
        engine = make_engine(url)
        if url.startswith("sqlite"):
            event.listen(engine, "begin", bound_pages, insert=True)
        return engine

    module.make_engine = make


def patch_places(module: Any) -> None:
    for path, name in PLACES[module.__name__].items():
        *owner, function = path.split(".")
        room = getattr(module, owner[0]) if owner else module
        setattr(room, function, watched(getattr(room, function), name))


class Finder:
    """Finds the modules to patch as everybody does, and patches them once they are loaded."""

    patches: ClassVar[dict[str, Callable[[Any], None]]] = {"steelyard_worker.recorder": patch_recorder}
    if "FAULTS" in os.environ:
        patches |= dict.fromkeys(PLACES, patch_places) | {"steelyard.store.engine": patch_engine}

    @classmethod
    def find_spec(cls, name: str, *_: Any) -> Any:
        patch = cls.patches.pop(name, None)
        if patch is None:
            return None
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.loader is not None
        load = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            load(module)
            patch(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, Finder)
