"""Initialization labs: the same job from different starts, on the same seeds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Engine

from steelyard.datasets import library
from steelyard.documents.writer import dump
from steelyard.errors import Fault, ValidationFailed, pointer, shown
from steelyard.store import replies
from steelyard.store.engine import reading, writing
from steelyard.store.pages import Page
from steelyard.store.replies import Once
from steelyard.studies import study
from steelyard.studies.lab_results import render
from steelyard.studies.schema import InitializationLab, LabRequest
from steelyard.studies.study import Kind, Member
from steelyard.training.estimate import Limits
from steelyard.training.plan import Plan, Taken, read_job, take_inline
from steelyard.training.schema_errors import translate
from steelyard.training.shorthand import expand
from steelyard.training.start import require_start

KIND = Kind("initialization_lab", "lab")
MOST_JOBS = 200
JOB = pointer("job")
Document = dict[str, Any]


@dataclass(frozen=True)
class Start:
    """One way to begin: an initializer, and an activation and a depth if these vary."""

    initializer: Any
    activation: Any | None
    depth: int | None

    def apply(self, job: Document) -> Document:
        """The job, in full form, that begins like this."""
        layers = [_without(layer, "initializer") for layer in job["layers"]]
        if self.depth is not None:
            layers = layers[:1] * self.depth
        changed = job | {"initializer": self.initializer, "output": _without(job.get("output") or {}, "initializer")}
        if self.activation is not None:
            layers = [_without(layer, "activation") for layer in layers]
            changed["activation"] = self.activation
        return changed | {"layers": layers}


def _without(layer: Any, key: str) -> Any:
    """A layer that has the job's default for `key`, and so have the layers inside it."""
    if not isinstance(layer, dict):
        return layer
    kept = {name: value for name, value in layer.items() if name != key or layer.get("type") == "activation"}
    if isinstance(layer.get("layers"), list):
        kept["layers"] = [_without(inner, key) for inner in layer["layers"]]
    return kept


def read_request(document: Any) -> LabRequest:
    """What a client asks for. Raises `ValidationFailed`."""
    if not isinstance(document, dict):
        raise ValidationFailed([Fault("", f"is {shown(document)}; it must be an object")])
    try:
        asked = LabRequest.model_validate(document)
    except ValidationError as error:
        raise ValidationFailed(translate(error, LabRequest, document, document)) from None
    if faults := [*_faults(asked)]:
        raise ValidationFailed(faults)
    return asked


def _faults(asked: LabRequest) -> Iterator[Fault]:
    layers = asked.job.get("layers")
    if not isinstance(layers, list) or not layers:
        yield Fault(pointer("job", "layers"), "must be a list of layers, whose weights are to begin in different ways")
    elif asked.depths is not None and len(layers) != 1:
        yield Fault(pointer("depths"), f"needs a job with one layer, which is repeated; this one has {len(layers)}")
    count = len([*_starts(asked)]) * asked.seeds
    if count > MOST_JOBS:
        yield Fault("", f"asks for {count} jobs, which is more than the limit of {MOST_JOBS}")


def _starts(asked: LabRequest) -> Iterator[Start]:
    activations, depths = [*(asked.activations or [None])], [*(asked.depths or ()), *([] if asked.depths else [None])]
    return (Start(*way) for way in product(asked.initializers, activations, depths))


def submit(
    engine: Engine, limits: Limits, asked: LabRequest, *, request_id: str | None = None, once: Once | None = None
) -> tuple[InitializationLab, list[str]]:
    """Queue the jobs of a lab. Returns it, and their ids. Raises `ValidationFailed`."""
    members, question = [], {}
    for start, member in _members(engine, limits, asked):
        members.append(member)
        question[member.place["variant"]] = _facts(member.plan, start)
    with writing(engine) as connection:
        made = study.create(connection, KIND, members, origin=None, question=question, request_id=request_id)
        lab = render(connection, study.read(connection, KIND, made[0]))
        if once is not None:
            replies.keep(connection, once, dump(lab))
    return lab, made[1]


def get(engine: Engine, lab_id: str) -> InitializationLab:
    """A lab. Raises `NotFound`."""
    with reading(engine) as connection:
        return render(connection, study.read(connection, KIND, lab_id))


def list_labs(engine: Engine, *, limit: int, after: str | None) -> Page:
    """The newest labs."""
    page = study.list_studies(engine, KIND, origin=None, limit=limit, after=after)
    with reading(engine) as connection:
        return Page([render(connection, stored) for stored in page.data], page.has_more, page.next)


def _members(engine: Engine, limits: Limits, asked: LabRequest) -> Iterator[tuple[Start, Member]]:
    job, inline, faults = take_inline(expand(asked.job))
    tables = cache(partial(library.load_table, engine))
    for start in _starts(asked):
        changed = start.apply(job) | {"recording": {**_settings(job, "recording"), "statistics": True}}
        for number in range(asked.seeds):
            training = _settings(job, "training")
            seed = training.get("seed", 0)
            if isinstance(seed, int):
                training["seed"] = seed = seed + number
            document = changed | {"training": training, "webhook": None}
            try:
                plan = _plan(engine, limits, tables, (document, inline, faults))
            except ValidationFailed as error:
                raise ValidationFailed(
                    Fault(_place(fault.pointer, asked, start), fault.detail) for fault in error.faults
                ) from None
            yield start, Member(plan, {"origin": None, "variant": _name(plan, start), "seed": seed})


def _settings(job: Document, key: str) -> Document:
    value = job.get(key)
    return dict(value) if isinstance(value, dict) else {}


def _plan(engine: Engine, limits: Limits, tables: Any, taken: Taken) -> Plan:
    document, inline, faults = taken
    plan = read_job(document, limits=limits, tables=tables, taken=(document, inline, [*faults]))
    return require_start(engine, plan)


def _place(of_job: str, asked: LabRequest, start: Start) -> str:
    """Where in the request a place of one of its jobs comes from."""
    varied = {"/initializer": (asked.initializers, start.initializer)}
    if asked.activations:
        varied["/activation"] = (asked.activations, start.activation)
    for place, (values, value) in varied.items():
        if of_job == place or of_job.startswith(f"{place}/"):
            return f"{place}s/{values.index(value)}{of_job.removeprefix(place)}"
    return JOB + of_job


def _facts(plan: Plan, start: Start) -> dict[str, Any]:
    """The start in full, as results name it."""
    spec = plan.spec.to_json()
    activation = None if start.activation is None else spec["activation"]
    return {"initializer": spec["initializer"], "activation": activation, "depth": start.depth}


def _name(plan: Plan, start: Start) -> str:
    spec = plan.spec.to_json()
    parts = [_short(spec["initializer"])]
    if start.activation is not None:
        parts.append(_short(spec["activation"]))
    if start.depth is not None:
        parts.append(f"{start.depth} {'layer' if start.depth == 1 else 'layers'}")
    return ", ".join(parts)


def _short(part: Mapping[str, Any]) -> str:
    rest = ", ".join(f"{key}={value}" for key, value in part.items() if key != "name")
    return f"{part['name']}({rest})" if rest else str(part["name"])
