"""Mends: a job and the same job with the patches of its findings, trained side by side on the same seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Engine, Row

from steelyard.datasets.reader_pool import Readers
from steelyard.diagnostics.patches import apply_patch
from steelyard.diagnostics.schema import Finding, PatchOperation
from steelyard.documents.writer import dump, to_values
from steelyard.errors import Conflict, Fault, ValidationFailed, pointer, shown
from steelyard.jobs.states import ENDED
from steelyard.store import replies
from steelyard.store.clock import rfc3339
from steelyard.store.engine import writing
from steelyard.store.pages import Page
from steelyard.store.replies import Once
from steelyard.studies import study
from steelyard.studies.comparison import Comparison, Measure, choose_measure, compare
from steelyard.studies.resubmission import Resubmission
from steelyard.studies.schema import Compared, Mend, MendRequest, Pair, Trial
from steelyard.studies.study import Kind, Member, Stored
from steelyard.training.estimate import Limits
from steelyard.training.queries import get_job
from steelyard.training.schema.job import Job
from steelyard.training.schema_errors import translate

KIND = Kind("mend", "mend")
ORIGINAL, MENDED = "original", "mended"
LARGEST_SEED = 2**53 - 1
NOT_BY_METRIC = {"target_leak": "changes a metric that is too good, so it is tried only if it is named"}


@dataclass(frozen=True)
class Patches:
    """The patches of a job's findings as one; `codes` of those that were taken, and why others were `skipped`."""

    codes: list[str]
    skipped: dict[str, str]
    operations: list[PatchOperation]


def read_request(document: Any) -> MendRequest:
    """What a client asks for. Raises `ValidationFailed`."""
    if not isinstance(document, dict):
        raise ValidationFailed([Fault("", f"is {shown(document)}; it must be an object")])
    try:
        return MendRequest.model_validate(document)
    except ValidationError as error:
        raise ValidationFailed(translate(error, MendRequest, document, document)) from None


def submit(
    engine: Engine,
    readers: Readers,
    limits: Limits,
    job_id: str,
    asked: MendRequest,
    *,
    request_id: str | None = None,
    once: Once | None = None,
) -> tuple[Mend, list[str]]:
    """Queue the jobs of a mend. Returns it, and their ids.

    Raises `NotFound`, `Conflict` if the job has not ended, `ValidationFailed` if nothing can be mended.
    """
    job = get_job(engine, job_id)
    if job.status not in ENDED:
        raise Conflict(f"job {job_id} is {job.status}; its findings are complete once it has ended")
    patches = collect_patches([Finding.model_validate(each) for each in to_values(job)["findings"]], asked.findings)
    again = Resubmission(engine, readers, limits, job_id)
    mended = apply_patch(again.spec, patches.operations)
    members = []
    for number in range(asked.seeds):
        seed = (again.spec["training"]["seed"] + number) % (LARGEST_SEED + 1)
        for variant, spec in ((ORIGINAL, again.spec), (MENDED, mended)):
            place = {"origin": job_id, "variant": variant, "seed": seed}
            members.append(Member(again.plan(_with_seed(spec, seed, job, variant)), place))
    question = {
        "findings": patches.codes,
        "skipped": patches.skipped,
        "patch": [to_values(operation) for operation in patches.operations],
    }
    with writing(engine) as connection:
        made = study.create(connection, KIND, members, origin=job_id, question=question, request_id=request_id)
        mend = render(study.read(connection, KIND, made[0]))
        if once is not None:
            replies.keep(connection, once, dump(mend))
    return mend, made[1]


def _with_seed(spec: dict[str, Any], seed: int, job: Job, variant: str) -> dict[str, Any]:
    name = f"{(job.name or job.id)[:160]} ({variant}, seed {seed})"
    return {**spec, "name": name, "training": {**spec["training"], "seed": seed}}


def collect_patches(findings: Sequence[Finding], codes: Sequence[str] | None) -> Patches:
    """The patches of the findings with these codes, by default of all, as one.

    Findings come with the most important first; of two that change the same setting, the first is taken. Raises
    `ValidationFailed` if there is none, or if a code is not that of a finding with a patch.
    """
    by_code = {finding.code: finding for finding in reversed(findings) if finding.patch}
    left_out = {} if codes is not None else {code: why for code, why in NOT_BY_METRIC.items() if code in by_code}
    known = ", ".join(code for code in dict.fromkeys(finding.code for finding in findings) if code in by_code)
    faults = [
        Fault(pointer("findings", index), f"is {shown(code)}; findings of this job with a patch: {known or 'none'}")
        for index, code in enumerate(codes or ())
        if code not in by_code
    ]
    if faults or not by_code.keys() - left_out.keys():
        detail = "has no finding with a patch, so there is nothing to mend"
        detail += "".join(f"; {code} was left out: it {why}" for code, why in left_out.items())
        raise ValidationFailed(faults or [Fault(pointer("findings"), detail)])
    taken: list[str] = []
    skipped = dict(left_out)
    operations: list[PatchOperation] = []
    for finding in findings:
        if (
            not finding.patch
            or finding.code in taken
            or finding.code in left_out
            or (codes is not None and finding.code not in codes)
        ):
            continue
        new = [operation for operation in finding.patch if operation not in operations]
        same = [one.path for one in new for other in operations if _overlap(one.path, other.path)]
        if same:
            skipped[finding.code] = f"changes {same[0]} in another way than an earlier finding does"
            continue
        taken.append(finding.code)
        operations += new
    return Patches(taken, skipped, operations)


def _overlap(one: str, other: str) -> bool:
    """Whether two JSON Pointers name the same setting, or one is inside the other."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def get(engine: Engine, mend_id: str) -> Mend:
    """A mend. Raises `NotFound`."""
    return render(study.get(engine, KIND, mend_id))


def list_mends(engine: Engine, *, job: str | None, limit: int, after: str | None) -> Page:
    """The newest mends; only those of a job, if one is given."""
    page = study.list_studies(engine, KIND, origin=job, limit=limit, after=after)
    return Page([render(stored) for stored in page.data], page.has_more, page.next)


def render(stored: Stored) -> Mend:
    """A mend as clients see it."""
    jobs = {(job.place["seed"], job.place["variant"]): job for job in stored.jobs}
    measure = _measure(stored)
    seeds = list(dict.fromkeys(seed for seed, _ in jobs))
    found = [(seed, *(_trial(jobs.get((seed, variant)), measure) for variant in (ORIGINAL, MENDED))) for seed in seeds]
    compared = [(one.value, other.value) for _, one, other in found if _both_count(one, other)]
    comparison = compare(measure, compared)
    ended = stored.status in ENDED
    verdict = comparison.verdict if ended and compared else None
    return Mend(
        id=stored.id,
        object="mend",
        status=stored.status,
        created_at=rfc3339(stored.created_at),
        job=stored.origin,
        **stored.question,
        measure=Compared(split=measure.split, metric=measure.metric, greater_is_better=not measure.is_loss),
        pairs=[Pair(seed=s, original=a, mended=b, difference=_difference(a, b)) for s, a, b in found],
        mean_difference=comparison.mean,
        standard_error=comparison.standard_error,
        verdict=verdict,
        message=_describe(stored.status, measure, comparison, compared, verdict),
    )


def _measure(stored: Stored) -> Measure:
    ended = [job.metrics for job in stored.jobs if job.metrics]
    original = next((job.spec for job in stored.jobs if job.place["variant"] == ORIGINAL), None)
    return Measure("validation", "log_loss") if original is None else choose_measure(original, ended)


def _trial(job: Row[Any] | None, measure: Measure) -> Trial:
    if job is None:
        return Trial(job="", status="deleted", value=None)
    error = {} if job.error is None else {"error": job.error["detail"]}
    value = measure.of(job.metrics) if job.status == study.SUCCEEDED else None
    return Trial(job=job.id, status=job.status, value=value, **error)


def _both_count(one: Trial, other: Trial) -> bool:
    """Whether a pair says anything: both jobs came to their own ends."""
    return all(trial.status in (study.SUCCEEDED, "failed") for trial in (one, other))


def _difference(one: Trial, other: Trial) -> float | None:
    return None if one.value is None or other.value is None else other.value - one.value


def _describe(
    status: str,
    measure: Measure,
    comparison: Comparison,
    compared: Sequence[tuple[float | None, float | None]],
    verdict: str | None,
) -> str:
    if verdict is None:
        return "No pair of jobs came to its end." if status in ENDED else "The jobs have not all ended."
    failed = [sum(value is None for value in values) for values in zip(*compared, strict=True)]
    means = [_mean(values) for values in zip(*compared, strict=True)]
    numbers = f"{measure.split} {measure.metric} {means[0]} as it was, {means[1]} mended, the mean over "
    numbers += f"{len(compared)} seeds"
    if comparison.standard_error is not None:
        numbers += f" (difference {comparison.mean:+.4g}, standard error {comparison.standard_error:.2g})"
    if any(failed):
        numbers += f"; {failed[0]} of {len(compared)} jobs failed as they were, {failed[1]} mended"
    if all(value is None for values in compared for value in values):
        return f"The change made no difference: all {len(compared)} jobs failed as they were, and mended."
    begin = {
        "helped": "The change helped",
        "no_difference": "The change made no difference that these seeds can show",
        "worse": "The change did harm",
    }
    return f"{begin[verdict]}: {numbers}."


def _mean(values: Sequence[float | None]) -> str:
    numbers = [value for value in values if value is not None]
    return f"{sum(numbers) / len(numbers):.4g}" if numbers else "none"
