"""The commands that talk to a running service."""

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from steelyard.cli import rendering
from steelyard.cli.connection import Client, end
from steelyard.cli.documents import JSON, Unreadable, read_job, read_object
from steelyard.cli.statistics import show_statistics
from steelyard.client.tables import read_rows

P = ParamSpec("P")
INTERRUPTED = 130
MEND_SECONDS = 2  # between looks at the jobs of a mend
FORMS = {".safetensors": "application/vnd.safetensors", ".npz": "application/x-npz", ".json": JSON}
url_option = click.option(
    "--url", envvar="STEELYARD_URL", default="http://127.0.0.1:8000", show_default=True, help="The service."
)


def _saying_what_is_unreadable(run: Callable[P, None]) -> Callable[P, None]:
    @wraps(run)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            run(*args, **kwargs)
        except Unreadable as error:
            end(str(error))

    return guarded


def _connect(url: str) -> Client:
    """A client of the service, which is closed at the end of the command."""
    client = Client(url)
    click.get_current_context().call_on_close(client.close)
    return client


def watch(client: Client, job: dict[str, Any], console: Console) -> dict[str, Any]:
    """Show a job's progress until it has ended; the job."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("queued", total=None, said="")
        for job, values, lost in client.follow(job):  # noqa: B020 -- as it is now
            done, total = job["progress"]["epoch"], job["progress"]["epochs"]
            losses = [f"{name} {values[name]:.4f}" for name in ("loss", "val_loss") if values.get(name) is not None]
            said = f"epoch {done}/{total}  {'  '.join(losses)}"
            if lost:
                said = f"{lost}; trying again"
            progress.update(task, description=job["status"], completed=done, total=total, said=said)
    return job


@click.command()
@click.argument("spec", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--watch", "watching", is_flag=True, help="Show the progress, then the result.")
@url_option
@_saying_what_is_unreadable
def train(spec: Path, watching: bool, url: str) -> None:
    """Submit the job in SPEC, a .json or .yaml file."""
    client, console = _connect(url), Console()
    job = client.ask("POST", "/v1/jobs", content=read_job(spec), content_type=JSON)
    if not watching:
        click.echo(job["id"])
        return
    try:
        console.print(f"job {job['id']}", highlight=False)
        job = watch(client, job, console)
    except KeyboardInterrupt:
        click.echo(
            f"the job keeps running: `steelyard show {job['id']}` shows it, `steelyard cancel {job['id']}` stops it"
        )
        sys.exit(INTERRUPTED)
    _show(client, job, console)
    sys.exit(0 if job["status"] == "succeeded" else 1)


@click.command()
@click.option("--status", help="Only jobs with this status.")
@url_option
def jobs(status: str | None, url: str) -> None:
    """List the newest jobs."""
    parameters = {} if status is None else {"status": status}
    Console().print(rendering.job_list(_connect(url).get("/v1/jobs", **parameters)["data"]))


@click.command()
@click.argument("job")
@url_option
def show(job: str, url: str) -> None:
    """Show the loss curve, metrics, weights and findings of JOB."""
    client = _connect(url)
    _show(client, client.get(f"/v1/jobs/{job}"), Console())


@click.command()
@click.argument("job")
@url_option
def diagnose(job: str, url: str) -> None:
    """Run the rules over JOB again, and show what they find and what to change."""
    found = _connect(url).ask("POST", f"/v1/jobs/{job}/diagnostics", json={})
    rendering.findings(Console(), found["findings"])


@click.command()
@click.argument("job")
@url_option
def cancel(job: str, url: str) -> None:
    """Cancel the job JOB."""
    click.echo(_connect(url).ask("POST", f"/v1/jobs/{job}/cancel")["status"])


@click.command()
@click.argument("model")
@click.argument("file", type=click.File("rb"))
@url_option
@_saying_what_is_unreadable
def predict(model: str, file: Any, url: str) -> None:
    """Predict with MODEL for the rows in FILE.

    FILE is a .csv, .xlsx, .parquet, .arrow, .npz or .ndjson table, or JSON: a list of rows or
    {"inputs": [...]}; - reads JSON from standard input.
    """
    try:
        body = read_rows(file.name, file.read())
    except ValueError as error:
        end(str(error))
    options = {"content": body.content, "content_type": body.media_type}
    answer = _connect(url).ask("POST", f"/v1/models/{model}/predict", **options)
    click.echo(json.dumps(answer, indent=2))


@click.command()
@click.argument("job")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help=f"A file: {', '.join(FORMS)}.")
@click.option("--snapshot", default="final", show_default=True, help="initial, best, final, or an epoch: epoch-8.")
@url_option
def weights(job: str, output: Path, snapshot: str, url: str) -> None:
    """Download the weights of JOB to a file."""
    if output.suffix not in FORMS:
        end(f"{output} ends with {output.suffix or 'nothing'}; it must end with {', '.join(FORMS)}")
    _connect(url).save(f"/v1/jobs/{job}/weights/{snapshot}", FORMS[output.suffix], output)
    click.echo(f"{output}: {output.stat().st_size:,} bytes")


@click.command()
@click.argument("model")
@click.option("--format", "form", required=True, help="onnx, torch, keras, c, javascript, safetensors, npz or json.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write.")
@click.option(
    "--bundle", is_flag=True, help="A zip file with the file, a README, and a script that checks its answers."
)
@click.option("--dry-run", is_flag=True, help="Show what the file takes and gives, and what does not travel.")
@url_option
def export(model: str, form: str, output: Path | None, bundle: bool, dry_run: bool, url: str) -> None:
    """Export MODEL to another runtime, with its preprocessing."""
    client, path = _connect(url), f"/v1/models/{model}/export"
    if dry_run:
        click.echo(json.dumps(client.get(path, format=form, dry_run="true"), indent=2, ensure_ascii=False))
    elif output is None:
        end("give the file to write: -o FILE, or --dry-run to see what it would hold")
    else:
        client.save(path, "*/*", output, format=form, bundle=str(bundle).lower())
        click.echo(f"{output}: {output.stat().st_size:,} bytes")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="Of the new model.")
@click.option("--model", "description", type=click.Path(path_type=Path), help="A .json or .yaml file with the rest.")
@click.option("--like", help="A model here whose layers, preprocessing and labels the weights of FILE get.")
@click.option("--layers", help="Units of the hidden layers of bare weights: 16,8. Give other layers in --model.")
@click.option("--activation", help="Of the hidden layers.")
@click.option("--output", help="Activation of the output layer: softmax, sigmoid, linear.")
@click.option("--input", "inputs", multiple=True, help="Name of an input; once for each, in order.")
@click.option("--class", "classes", multiple=True, help="Label of a class; once for each, in order.")
@click.option("--module", "modules", multiple=True, help="Module of the file with weights; once for each, in order.")
@url_option
@_saying_what_is_unreadable
def import_model(file: Path, name: str | None, description: Path | None, url: str, **options: Any) -> None:
    """Make a model from FILE, a .safetensors, .npz, .json, .onnx or .keras file.

    An export of a service, an .onnx or a .keras file describes its layers itself. The fields of --model are those of
    docs/imports.md; options replace them.
    """
    asked = {} if description is None else read_object(description)
    asked |= _described(**options) | ({} if name is None else {"name": name})
    fields = {"model": json.dumps(asked)} if asked else {}
    model = _connect(url).ask("POST", "/v1/models", file=file, fields=fields)
    for note in model["provenance"].get("notes", ()):
        click.echo(note, err=True)
    click.echo(model["id"])


def _described(layers: str | None, output: str | None, **options: Any) -> dict[str, Any]:
    """The options of an import as fields of the request."""
    asked = {key: [*value] if isinstance(value, tuple) else value for key, value in options.items() if value}
    if layers is not None:
        units = [part.strip() for part in layers.split(",") if part.strip()]
        if not all(part.isdecimal() for part in units):
            end(f"--layers is {layers}; it must be numbers of units, as in 16,8, or be given in a file with --model")
        asked["layers"] = [int(part) for part in units]
    return asked | ({} if output is None else {"output": {"activation": output}})


@click.command()
@click.argument("spec", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@url_option
@_saying_what_is_unreadable
def trace(spec: Path, url: str) -> None:
    """Show the first training step of the job in SPEC, a .json or .yaml file, with every number on the way."""
    answer = _connect(url).ask("POST", "/v1/traces", content=read_job(spec), content_type=JSON)
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


@click.command()
@click.argument("job")
@click.option("--finding", "findings", multiple=True, help="Only the patch of this finding; may be repeated.")
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(2, 20), help="How often to compare.")
@url_option
def mend(job: str, findings: tuple[str, ...], seeds: int, url: str) -> None:
    """Train JOB with the patches of its findings and without, and show whether they help."""
    client, console = _connect(url), Console()
    asked: dict[str, Any] = {"seeds": seeds} | ({"findings": [*findings]} if findings else {})
    found = client.ask("POST", f"/v1/jobs/{job}/mend", json=asked)
    try:
        found = _wait_for_mend(client, found, console)
    except KeyboardInterrupt:
        click.echo(f"the jobs keep running: GET {client.url}/v1/mends/{found['id']} shows the result")
        sys.exit(INTERRUPTED)
    rendering.mend(console, found)
    sys.exit(0 if found["status"] == "succeeded" else 1)


def _wait_for_mend(client: Client, found: dict[str, Any], console: Console) -> dict[str, Any]:
    """Show how many jobs have ended until all have; the mend."""
    path = f"/v1/mends/{found['id']}"
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("training", total=2 * len(found["pairs"]), said="")
        while True:
            trials = [pair[side] for pair in found["pairs"] for side in ("original", "mended")]
            waiting = [trial["job"] for trial in trials if trial["status"] in ("queued", "running")]
            done = len(trials) - len(waiting)
            bar.update(task, completed=done, said=f"{done} of {len(trials)} jobs have ended")
            if not waiting:
                return found
            client.get(f"/v1/jobs/{waiting[0]}", wait=MEND_SECONDS, until="ended")
            found = client.get(path)


@click.command()
@click.argument("first")
@click.argument("second")
@click.option("--align", is_flag=True, help="Match the hidden units of SECOND with those of FIRST.")
@url_option
def diff(first: str, second: str, align: bool, url: str) -> None:
    """Compare the weights and the predictions of the models FIRST and SECOND."""
    answer = _connect(url).get(f"/v1/models/{first}/diff/{second}", align=str(align).lower())
    click.echo(json.dumps(answer, indent=2))


@click.command()
@click.argument("job")
@click.option("--layer", help="Only this layer.")
@click.option("--series", help="Only series of this name.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Save the series as a .csv file.")
@url_option
def diagnostics(job: str, layer: str | None, series: str | None, output: Path | None, url: str) -> None:
    """Show how the weights, gradients and units of JOB changed while it trained."""
    path, chosen = f"/v1/jobs/{job}/diagnostics", {"layer": layer, "series": series}
    wanted = {name: value for name, value in chosen.items() if value is not None}
    client = _connect(url)
    if output is None:
        show_statistics(Console(), client.get(path, **wanted), series)
        return
    if output.suffix != ".csv":
        end(f"{output} ends with {output.suffix or 'nothing'}; it must end with .csv")
    client.save(path, "text/csv", output, **wanted)
    click.echo(f"{output}: {output.stat().st_size:,} bytes")


COMMANDS = {
    command.name: command
    for command in (
        *(train, jobs, show, diagnose, cancel, predict, weights, diagnostics, export, import_model, trace, mend, diff),
    )
}


def _show(client: Client, job: dict[str, Any], console: Console) -> None:
    path = f"/v1/jobs/{job['id']}"
    history = client.get(f"{path}/history")
    snapshots = client.get(f"{path}/weights")["snapshots"]
    rendering.job(console, job, history, snapshots)
