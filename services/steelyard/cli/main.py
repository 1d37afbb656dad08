"""The program's commands: those that run the service, here; those that talk to one, in `client`."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec

import click

from steelyard import __version__, logs, settings
from steelyard.cli import checks, client
from steelyard.cli.startup import (
    CannotStart,
    open_database,
    prepare_data_dir,
    prepare_socket_dir,
    require_free_port,
    warn_without_broker,
)
from steelyard.cli.up import API, WORKER, up
from steelyard.errors import Unavailable
from steelyard.settings import Settings, SettingsError
from steelyard.store.migration import newest, upgrade
from steelyard.store.space import compact

P = ParamSpec("P")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="steelyard")
def main() -> None:
    """Train neural networks as a service: POST a job, fetch its weights."""


for command in client.COMMANDS:
    main.add_command(command)


def _say_what_is_wrong(run: Callable[P, None]) -> Callable[P, None]:
    """Turn an error that the user can mend into a line of its own and status 2."""

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


@main.command("up")
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port; 0 takes a free one.  [default: 8000]")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where everything is kept.  [default: .steelyard]")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Worker processes.")
@_say_what_is_wrong
def up_command(host: str | None, port: int | None, data_dir: Path | None, workers: int) -> None:
    """Run the whole service on this machine, with nothing else installed."""
    up(_load(host=host, port=port, data_dir=data_dir), workers=workers)


@main.command()
@_say_what_is_wrong
def api() -> None:
    """Serve the HTTP API."""
    loaded = _prepare()
    require_free_port(loaded)
    _become(API, loaded)


@main.command()
@_say_what_is_wrong
def worker() -> None:
    """Train the jobs of the queue."""
    _become(WORKER, _prepare())


def _become(program: list[str], loaded: Settings) -> NoReturn:
    os.execve(program[0], program, os.environ | loaded.as_environment())  # noqa: S606


@main.command()
@click.option(
    "--compact",
    "to_compact",
    is_flag=True,
    help="Also rewrite an SQLite database so that deleted space comes back; stop the service first.",
)
@_say_what_is_wrong
def migrate(to_compact: bool) -> None:
    """Bring the database to the newest schema."""
    loaded = _load()
    if not loaded.database_url:
        prepare_data_dir(loaded)
    engine = open_database(loaded, to_migrate=True)
    upgrade(engine)
    if to_compact:
        compact(engine)
    click.echo(f"the database is at revision {newest()}")


@main.command()
@_say_what_is_wrong
def check() -> None:
    """Say of each part of the service whether it works, and what to do if not."""
    results = checks.run(_load())
    for result in results:
        click.echo(f"{'ok' if result.fine else 'NOT OK':<7} {result.name:<11} {result.detail}")
    sys.exit(0 if all(result.fine for result in results) else 1)


if __name__ == "__main__":
    main()
