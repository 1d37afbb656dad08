"""The commands that talk to a running service."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import click
import httpx
import yaml
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from steelyard.cli import rendering

ENDED = ("succeeded", "failed", "cancelled")
POLL_SECONDS = 0.15
FORMS = {".safetensors": "application/vnd.safetensors", ".npz": "application/x-npz", ".json": "application/json"}

url_option = click.option(
    "--url", envvar="STEELYARD_URL", default="http://127.0.0.1:8000", show_default=True, help="The service."
)


class Client:
    """A service, spoken to over HTTP. Its refusals end the program with a readable message and status 1."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=90)

    def close(self) -> None:
        """Give the connection back: a service that stops waits a while for those that are open."""
        self._http.close()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer, if it is a good one."""
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            _end(f"{self.url} does not answer ({error}); start one with `steelyard up`, or give --url")
        if answer.is_error:
            _end(rendering.problem(answer.json()))
        return answer

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET."""
        return self.ask("GET", path, params=parameters).json()

    def follow(self, job_id: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """The job and the newest values of its history, again and again until it has ended."""
        values: dict[str, Any] = {}
        epoch, wait = 0, 0.0
        while True:
            job = self.get(f"/v1/jobs/{job_id}", wait=wait, until="ended")
            history = self.get(f"/v1/jobs/{job_id}/history", after=epoch)
            if history["epochs"]:
                epoch = history["epochs"][-1]
                values = {name: series[-1] for name, series in history["series"].items()}
            yield job, values
            if job["status"] in ENDED:
                return
            wait = POLL_SECONDS


def watch(client: Client, job_id: str, console: Console) -> dict[str, Any]:
    """Show a job's progress until it has ended; the job."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeRemainingColumn())
    job: dict[str, Any] = {}
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("queued", total=None, said="")
        for job, values in client.follow(job_id):
            done, total = job["progress"]["epoch"], job["progress"]["epochs"]
            losses = [f"{name} {values[name]:.4f}" for name in ("loss", "val_loss") if values.get(name) is not None]
            said = f"epoch {done}/{total}  {'  '.join(losses)}"
            progress.update(task, description=job["status"], completed=done, total=total, said=said)
    return job


@click.command()
@click.argument("spec", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--watch", "watching", is_flag=True, help="Show the progress, and the result when it is there.")
@url_option
def train(spec: Path, watching: bool, url: str) -> None:
    """Submit the job in SPEC, a .json or .yaml file."""
    client, console = Client(url), Console()
    job = client.ask("POST", "/v1/jobs", json=_read(spec)).json()
    if not watching:
        click.echo(job["id"])
        return
    console.print(f"job {job['id']}", highlight=False)
    job = watch(client, job["id"], console)
    _show(client, job, console)
    sys.exit(0 if job["status"] == "succeeded" else 1)


@click.command()
@click.option("--status", help="Only jobs in this state.")
@url_option
def jobs(status: str | None, url: str) -> None:
    """List the newest jobs."""
    parameters = {} if status is None else {"status": status}
    Console().print(rendering.job_list(Client(url).get("/v1/jobs", **parameters)["data"]))


@click.command()
@click.argument("job")
@url_option
def show(job: str, url: str) -> None:
    """Show the job JOB: its curve, its metrics, its weights, what stands out."""
    client = Client(url)
    _show(client, client.get(f"/v1/jobs/{job}"), Console())


@click.command()
@click.argument("job")
@url_option
def cancel(job: str, url: str) -> None:
    """Call the job JOB off."""
    click.echo(Client(url).ask("POST", f"/v1/jobs/{job}/cancel").json()["status"])


@click.command()
@click.argument("model")
@click.argument("file", type=click.File("rb"))
@url_option
def predict(model: str, file: Any, url: str) -> None:
    """Predict with MODEL for the rows in FILE: JSON, {"inputs": [...]} or a list of rows; - reads standard input."""
    document = _parse(file.read(), file.name)
    inputs = document if isinstance(document, dict) else {"inputs": document}
    answer = Client(url).ask("POST", f"/v1/models/{model}/predict", json=inputs).json()
    click.echo(json.dumps(answer, indent=2))


@click.command()
@click.argument("job")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help=f"A file: {', '.join(FORMS)}.")
@click.option("--snapshot", default="final", show_default=True, type=click.Choice(["initial", "best", "final"]))
@url_option
def weights(job: str, output: Path, snapshot: str, url: str) -> None:
    """Fetch the weights of JOB into a file."""
    if output.suffix not in FORMS:
        _end(f"{output} ends with {output.suffix or 'nothing'}; it must end with {', '.join(FORMS)}")
    accept = {"Accept": FORMS[output.suffix]}
    output.write_bytes(Client(url).ask("GET", f"/v1/jobs/{job}/weights/{snapshot}", headers=accept).content)
    click.echo(f"{output}: {output.stat().st_size:,} bytes")


COMMANDS = {command.name: command for command in (train, jobs, show, cancel, predict, weights)}


def _show(client: Client, job: dict[str, Any], console: Console) -> None:
    path = f"/v1/jobs/{job['id']}"
    history = client.get(f"{path}/history")
    snapshots = client.get(f"{path}/weights")["snapshots"]
    rendering.job(console, job, history, snapshots)


def _read(path: Path) -> Any:
    return _parse(path.read_bytes(), str(path))


def _parse(content: bytes, name: str) -> Any:
    try:
        return yaml.safe_load(content) if name.endswith((".yaml", ".yml")) else json.loads(content)
    except (ValueError, yaml.YAMLError) as error:
        _end(f"{name} cannot be read: {error}")


def _end(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(1)
