"""What can be asked of the service, each as a generator of requests: see `steelyard.client.transport`."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from steelyard.client import tables
from steelyard.client.errors import JobTimeout
from steelyard.client.transport import Call, Pause, Steps, keyed

Document = dict[str, Any]
ENDED = frozenset({"succeeded", "failed", "cancelled"})
PAGE = 200
ROWS = 10_000
LONGEST_WAIT = 30.0
NPZ = "application/x-npz"


def fetch(path: str, **params: Any) -> Steps[Any]:
    """A document."""
    return (yield Call("GET", path, params=params))


def act(method: str, path: str, document: Any = None, *, again: bool = False, **params: Any) -> Steps[Any]:
    """A request with an effect that needs no key."""
    return (yield Call(method, path, json=document, params=params, again=again))


def list_all(path: str, limit: int | None, **params: Any) -> Steps[list[Document]]:
    """The items of a list, newest first: all of them, or the first ones."""
    found: list[Document] = []
    after = None
    while limit is None or len(found) < limit:
        most = PAGE if limit is None else min(PAGE, limit - len(found))
        page = yield Call("GET", path, params={**params, "limit": most, "after": after})
        found += page["data"]
        after = page["next"]
        if after is None:
            break
    return found


def upload(data: Any, name: str | None, columns: Mapping[str, Any] | None) -> Steps[Document]:
    """A data set from a file or a table; the types of columns that are given are set afterwards."""
    if tables.is_path(data):
        dataset = yield keyed("POST", "/v1/datasets", params={"name": name}, file=Path(data))
    else:
        body = tables.write_table(data)
        dataset = yield keyed(
            "POST", "/v1/datasets", params={"name": name}, content=body.content, content_type=body.media_type
        )
    if columns:
        dataset = yield Call("PATCH", f"/v1/datasets/{dataset['id']}", json={"columns": columns}, again=True)
    return dict(dataset)


def import_model(file: Path, description: Mapping[str, Any]) -> Steps[Document]:
    """A model from a file of weights."""
    fields = {"model": json.dumps(dict(description))} if description else {}
    return (yield keyed("POST", "/v1/models", file=file, fields=fields))  # type: ignore[no-any-return]


def locate(data: Any, target: str | Sequence[str] | None) -> Steps[Document]:
    """The `data` of a job: an id of a data set, a specification, or a file or table that is uploaded first."""
    given: Document = {} if target is None else {"target": target}
    if isinstance(data, Mapping) and data.keys() & {"builtin", "dataset", "inline"}:
        return {**data, **given}
    if isinstance(data, str) and data.startswith("ds_"):
        return {"dataset": data, **given}
    dataset = yield from upload(data, None, None)
    return {"dataset": dataset["id"], **given}


def train(data: Any, target: str | Sequence[str] | None, spec: Mapping[str, Any], *, dry_run: bool) -> Steps[Document]:
    """A job that was submitted, or what it would be."""
    located = yield from locate(data, target)
    document = {"data": located, **spec}
    if dry_run:
        return (yield Call("POST", "/v1/jobs", params={"dry_run": "true"}, json=document, again=True))  # type: ignore[no-any-return]
    return (yield keyed("POST", "/v1/jobs", json=document))  # type: ignore[no-any-return]


def wait_for_job(job_id: str, timeout: float | None, show: Callable[[Document], None] | None) -> Steps[Document]:
    """The job once it has ended. `show` gets it now and then. Raises `JobTimeout`."""
    end = None if timeout is None else time.monotonic() + timeout
    path, longest = f"/v1/jobs/{job_id}", 0.5 if show is not None else LONGEST_WAIT
    wait = 0.0
    while True:
        job = yield Call("GET", path, params={"wait": round(wait, 3), "until": "ended"})
        if show is not None:
            show(job)
        if job["status"] in ENDED:
            return job  # type: ignore[no-any-return]
        left = longest if end is None else min(longest, end - time.monotonic())
        if left <= 0:
            raise JobTimeout(f"{job_id} is {job['status']} after {timeout} s; it goes on")
        wait = left


def wait_for(path: str, timeout: float | None, seconds: float = 0.3) -> Steps[Document]:
    """A study or a batch of predictions once it has ended. Raises `JobTimeout`."""
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        found = yield Call("GET", path)
        if found["status"] in ENDED:
            return found  # type: ignore[no-any-return]
        if end is not None and time.monotonic() > end:
            raise JobTimeout(f"{found['id']} is {found['status']} after {timeout} s; it goes on")
        yield Pause(seconds)


def history(job_id: str) -> Steps[Any]:
    """A frame with a row for each epoch."""
    found = yield Call("GET", f"/v1/jobs/{job_id}/history")
    return tables.make_frame({"epoch": found["epochs"], **found["series"]})


def predictions(job_id: str, split: str) -> Steps[Any]:
    """A frame with a row for each row of a split: target, prediction, and a probability for each class."""
    rows: list[Document] = []
    after: Any = None
    while True:
        page = yield Call(
            "GET", f"/v1/jobs/{job_id}/predictions", params={"split": split, "limit": ROWS, "after": after}
        )
        rows += page["data"]
        after = page["next"]
        if after is None:
            break
    columns: Document = {name: [row[name] for row in rows] for name in ("row", "target", "prediction")}
    if rows and rows[0].get("probabilities") is not None:
        for place, label in enumerate(page["classes"]):
            columns[f"probability_{label}"] = [row["probabilities"][place] for row in rows]
    return tables.make_frame(columns)


def weights(job_id: str, snapshot: str) -> Steps[Any]:
    """Arrays by the names of their tensors."""
    content = yield Call("GET", f"/v1/jobs/{job_id}/weights/{snapshot}", accept=NPZ, raw=True)
    return tables.read_npz(content)


def diagnostics(job_id: str, layer: str | None, series: str | None) -> Steps[Any]:
    """A frame with a row for each value: epoch, layer, tensor, series, value."""
    found = yield Call("GET", f"/v1/jobs/{job_id}/diagnostics", params={"layer": layer, "series": series})
    rows: list[tuple[Any, ...]] = []
    groups = [(None, None, found["run"])]
    for each in found["layers"]:
        groups.append((each["name"], None, each["series"]))
        groups += [(each["name"], tensor["name"], tensor["series"]) for tensor in each["tensors"]]
    for layer_name, tensor_name, values in groups:
        for name, numbers in values.items():
            rows += [
                (epoch, layer_name, tensor_name, name, value)
                for epoch, value in zip(found["epochs"], numbers, strict=True)
            ]
    names = ("epoch", "layer", "tensor", "series", "value")
    return tables.make_frame({name: [row[place] for row in rows] for place, name in enumerate(names)})


def mend(job_id: str, findings: Sequence[str] | None, seeds: int, timeout: float | None) -> Steps[Document]:
    """The mend of a job, once its jobs have ended."""
    asked: Document = {"seeds": seeds} | ({} if findings is None else {"findings": [*findings]})
    started = yield keyed("POST", f"/v1/jobs/{job_id}/mend", json=asked)
    return (yield from wait_for(f"/v1/mends/{started['id']}", timeout))


def initialization_lab(
    job: Mapping[str, Any], initializers: Sequence[Any], options: Mapping[str, Any], timeout: float | None
) -> Steps[Document]:
    """A lab, once its jobs have ended."""
    asked = {"job": dict(job), "initializers": [*initializers], **options}
    lab = yield keyed("POST", "/v1/initialization-labs", json=asked)
    return (yield from wait_for(f"/v1/initialization-labs/{lab['id']}", timeout))


def edit(model_id: str, edits: Sequence[Mapping[str, Any]]) -> Steps[Document]:
    """A model with other weights, and what it was made from."""
    return (yield keyed("POST", f"/v1/models/{model_id}/edits", json={"edits": [*edits]}))  # type: ignore[no-any-return]


def predict(model_id: str, data: Any) -> Steps[Document]:
    """The answer for a file, a table, or rows."""
    if tables.is_path(data):
        body = tables.read_rows(str(data), Path(data).read_bytes())
    elif tables.is_frame(data):
        body = tables.write_table(data)
    else:
        body = tables.Body(json.dumps({"inputs": tables.list_rows(data)}).encode(), tables.JSON)
    answer = yield Call(
        "POST", f"/v1/models/{model_id}/predict", content=body.content, content_type=body.media_type, again=True
    )
    return dict(answer)


def export(model_id: str, form: str, file: Path, *, bundle: bool) -> Steps[Path]:
    """The model in a format, written to a file; no half of a file is left behind."""
    params = {"format": form, "bundle": "true" if bundle else None}
    content = yield Call("GET", f"/v1/models/{model_id}/export", params=params, accept="*/*", raw=True)
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(file)
    return file
