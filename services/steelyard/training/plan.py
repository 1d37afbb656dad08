"""Turns a client's document into a plan that can be queued, or into all of its errors."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from steelyard.diagnostics.data import find_in_data
from steelyard.diagnostics.schema import Finding
from steelyard.documents.strict_json import levels
from steelyard.errors import Fault, PayloadTooLarge, ValidationFailed, shown
from steelyard.jobs.webhooks.schema import Webhook
from steelyard.nn.network import count_parameters
from steelyard.nn.rng import Streams
from steelyard.tabular.encoder import Encoder, measure
from steelyard.tabular.faults import refuse
from steelyard.tabular.supervision import Supervised, learnable
from steelyard.training import rules
from steelyard.training.assemble import build_layers
from steelyard.training.defaults import fill_in_data, fill_in_training
from steelyard.training.estimate import Limits, require_fit
from steelyard.training.inline import NO_SUMMARY, Inline, read_sent
from steelyard.training.names import Names, name_weights
from steelyard.training.preset_defaults import fill_in_preset
from steelyard.training.schema import JobSpec
from steelyard.training.schema.job import Choice, DataSummary, Estimate
from steelyard.training.schema_errors import translate
from steelyard.training.shorthand import expand
from steelyard.training.sources import Tables, datasets_of, load_data
from steelyard.training.splits import divide

MOST_VALUES = 50_000  # of a job, its rows aside: a list of features has 10,000 at most
PLACEHOLDERS: dict[str, Any] = {"data": {"builtin": "iris"}, "layers": []}  # stand in for fields that are at fault


Taken = tuple[dict[str, Any], Inline | None, list[Fault]]  # a job, its rows, and what is wrong with their form


@dataclass(frozen=True)
class Plan:
    """A job that can be queued: `spec` with every default filled in, and the data that came inside it.

    `choices` are the settings that were left open, with what was chosen and why.
    `webhook` has the secret, which the specification has not. `findings` are about the data: what was dropped, and what
    was decided. `names` say what the weights stand for, of a job that starts from those of a model.
    """

    spec: JobSpec
    inline: bytes | None
    data: DataSummary
    datasets: list[str]
    parameters: int
    estimate: Estimate
    digest: str
    choices: list[Choice]
    webhook: Webhook | None
    findings: list[Finding]
    names: Names | None


def start_from(plan: Plan, model_id: str, finding: Finding) -> Plan:
    """The plan with the id of the model to start from, and a finding about what is taken from it."""
    assert plan.spec.initial_weights is not None
    start = plan.spec.initial_weights.model_copy(update={"model": model_id})
    spec = plan.spec.model_copy(update={"initial_weights": start})
    return replace(plan, spec=spec, digest=_digest(spec), findings=[*plan.findings, finding])


def _digest(spec: JobSpec) -> str:
    return hashlib.sha256(spec.canonical()).hexdigest()


def read_job(document: Any, *, limits: Limits, tables: Tables, taken: Taken | None = None) -> Plan:
    """The plan of a job, from which its rows may have been `taken` already.

    Raises `ValidationFailed` with every fault at once, `TooLargeToTrain`, `PayloadTooLarge`.
    """
    if not isinstance(document, dict):
        raise ValidationFailed([Fault("", f"is {shown(document)}; a job must be an object")])
    document, inline, faults = take_inline(document) if taken is None else taken
    require_few(document)
    expanded, chosen = fill_in_preset(expand(document))
    spec, sound, found = _read_fields(expanded, document)
    faults += found
    if any(fault.pointer.startswith("/data/inline") for fault in faults):
        sound.discard("data")
    # Rules about the data's own source come first: without one source, there are no rows to look at.
    supervised = None
    if "data" in sound and not any(rules.check(spec, {"data"}, None)):
        supervised = _collect(faults, lambda: load_data(spec, inline, tables))
    faults += rules.check(spec, sound, supervised)
    if faults or supervised is None:
        raise ValidationFailed(faults)
    webhook = spec.webhook
    filled = fill_in_data(spec, supervised, chosen)
    split = divide(filled.spec, supervised, Streams.spawn(spec.training.seed))
    filled = fill_in_training(spec, filled, rows=len(split.train), has_validation=len(split.validation) > 0)
    spec = filled.spec
    supervised = learnable(supervised, split.train)
    refuse(rules.numbering_faults(spec, supervised))
    layout = measure(supervised.inputs, split.train, spec.preprocessing.to_options())
    needs = require_fit(spec, supervised, layout, limits)
    names = None
    if spec.initial_weights is not None:
        encoder = Encoder.fit(supervised.inputs, split.train, spec.preprocessing.to_options())
        names = name_weights(spec, encoder, supervised.targets, supervised.classes)
    return Plan(
        spec=spec,
        inline=None if inline is None else inline.content,
        data=DataSummary(
            rows=supervised.rows,
            features=supervised.features,
            targets=supervised.targets,
            classes=supervised.classes,
            left_out=supervised.left_out,
            rows_left_out=supervised.rows_left_out,
        ),
        datasets=datasets_of(spec),
        parameters=spec.ensemble * count_parameters(build_layers(spec, supervised.outputs, layout), layout.width),
        estimate=needs,
        digest=_digest(spec),
        choices=filled.choices,
        webhook=webhook,
        findings=find_in_data(supervised, split),
        names=names,
    )


def take_inline(document: dict[str, Any]) -> Taken:
    """The job with a summary in the place of the rows inside it, those rows, and what is wrong with their form."""
    data = document.get("data")
    if not isinstance(data, dict) or data.get("inline") is None:
        return document, None, []
    try:
        inline = read_sent(data["inline"])
    except ValidationFailed as error:
        return document | {"data": data | {"inline": NO_SUMMARY}}, None, [*error.faults]
    return document | {"data": data | {"inline": inline.summary}}, inline, []


def require_few(document: dict[str, Any]) -> None:
    """That a job says no more than jobs have to say, its rows aside: each value may cost an error that explains it."""
    count = 0
    for values in levels(document):
        count += len(values)
        if count > MOST_VALUES:
            raise PayloadTooLarge(f"the job has more than {MOST_VALUES} values besides its rows, which is the limit")


def _read_fields(expanded: dict[str, Any], sent: Any) -> tuple[JobSpec, set[str], list[Fault]]:
    """The specification, with placeholders for fields at fault; the names of those that are sound; and the faults."""
    fields = set(JobSpec.model_fields)
    try:
        return JobSpec.model_validate(expanded), fields, []
    except ValidationError as error:
        faults = translate(error, JobSpec, expanded, sent)
        bad = {str(detail["loc"][0]) for detail in error.errors(include_url=False) if detail["loc"]}
    sound = fields - bad
    return JobSpec.model_validate(PLACEHOLDERS | {key: expanded[key] for key in sound & expanded.keys()}), sound, faults


def _collect(faults: list[Fault], load: Callable[[], Supervised]) -> Supervised | None:
    try:
        return load()
    except ValidationFailed as error:
        faults += error.faults
        return None
