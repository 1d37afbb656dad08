"""The commands that run the service, or a part of it."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from steelyard import logs, settings
from steelyard.cli import checks
from steelyard.cli.startup import (
    CannotStart,
    open_database,
    prepare_data_dir,
    prepare_socket_dir,
    require_free_port,
    warn_without_broker,
)
from steelyard.cli.up import WORKER, up
from steelyard.errors import Unavailable
from steelyard.loading import loading
from steelyard.settings import Settings, SettingsError
from steelyard.store.migration import newest, upgrade
from steelyard.store.space import compact

P = ParamSpec("P")


def _say_what_is_wrong(run: Callable[P, None]) -> Callable[P, None]:
    """Print an error that the user can fix as one line, and exit with status 2."""

    @wraps(run)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            run(*args, **kwargs)
        except (SettingsError, CannotStart, Unavailable) as error:
            click.echo(str(error), err=True)
            sys.exit(2)

    return guarded


def _load(**options: Any) -> Settings:
    loaded = settings.load(**options)
    os.umask(0o077)  # what is stored is nobody else's to read
    logs.configure(loaded.log_format, loaded.log_level)
    return loaded


def _prepare() -> Settings:
    """The settings of a process that serves, once its database can be used."""
    loaded = _load()
    if not loaded.broker_url:
        prepare_socket_dir(loaded)
    open_database(loaded).dispose()
    warn_without_broker(loaded)
    return loaded


@click.command("up")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port; 0 picks a free one.  [default: 8000]")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Directory for all data.  [default: .steelyard]")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Worker processes.")
@_say_what_is_wrong
def up_command(host: str | None, port: int | None, data_dir: Path | None, workers: int) -> None:
    """Run the whole service on this machine. Needs no other software."""
    up(_load(host=host, port=port, data_dir=data_dir), workers=workers)


@click.command()
@_say_what_is_wrong
def api() -> None:
    """Serve the HTTP API."""
    loaded = _prepare()
    require_free_port(loaded)
    # Imported here: Flask and what comes with it are no business of the other commands.
    with loading():
        from steelyard.web.server import serve  # noqa: PLC0415

    serve(loaded)


@click.command()
@_say_what_is_wrong
def worker() -> None:
    """Run a worker that trains queued jobs."""
    loaded = _prepare()
    # Replaced, not imported: the worker is above this package, which may import none of it.
    os.execve(WORKER[0], WORKER, os.environ | loaded.as_environment())  # noqa: S606


@click.command()
@click.option(
    "--compact",
    "to_compact",
    is_flag=True,
    help="Also compact an SQLite database to free deleted space; stop the service first.",
)
@_say_what_is_wrong
def migrate(to_compact: bool) -> None:
    """Migrate the database to the newest schema."""
    loaded = _load()
    if not loaded.database_url:
        prepare_data_dir(loaded)
    engine = open_database(loaded, to_migrate=True)
    upgrade(engine)
    if to_compact:
        compact(engine)
    click.echo(f"the database is at revision {newest()}")


@click.command()
@_say_what_is_wrong
def check() -> None:
    """Check each part of the service, and show how to fix what does not work."""
    results = checks.run(_load())
    for result in results:
        click.echo(f"{'ok' if result.fine else 'NOT OK':<7} {result.name:<11} {result.detail}")
    sys.exit(0 if all(result.fine for result in results) else 1)


COMMANDS = {command.name: command for command in (up_command, api, worker, migrate, check)}
