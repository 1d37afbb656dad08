"""What the service answers, as objects. `document` of each has everything that the service sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from steelyard.client.operations import ENDED

T = TypeVar("T")
Document = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something that was noticed about a job, and what to do about it.

    `patch` is a JSON Patch (RFC 6902) of the job's specification, or `None` if no change of it helps.
    """

    code: str
    level: str
    message: str
    suggestion: str
    patch: tuple[Mapping[str, Any], ...] | None
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Finding":
        """The finding of a document."""
        patch = document.get("patch")
        texts = (document["code"], document["level"], document["message"], document.get("suggestion") or "")
        return cls(*texts, None if not patch else tuple(patch), document)

    def __str__(self) -> str:
        return f"{self.level}: {self.message} {self.suggestion}"


@dataclass(frozen=True)
class Mend:
    """Whether the patches of findings helped: the job and a changed one, on the same seeds.

    `verdict` is `helped`, `no_difference` or `worse`; `mean_difference` is `mended − original` in `metric`.
    """

    id: str
    verdict: str | None
    message: str
    metric: str
    mean_difference: float | None
    standard_error: float | None
    jobs: tuple[str, ...]
    document: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Mend":
        """The mend of a document."""
        return cls(
            id=document["id"],
            verdict=document["verdict"],
            message=document["message"],
            metric=f"{document['measure']['split']} {document['measure']['metric']}",
            mean_difference=document["mean_difference"],
            standard_error=document["standard_error"],
            jobs=tuple(pair["mended"]["job"] for pair in document["pairs"]),
            document=document,
        )


class Resource(Generic[T]):
    """Something with an id. `T` is what makes requests."""

    def __init__(self, transport: T, document: Mapping[str, Any]) -> None:
        self._transport = transport
        self.document: Document = dict(document)

    @property
    def id(self) -> str:
        """The id, such as `job_…`."""
        return str(self.document["id"])

    @property
    def name(self) -> str | None:
        """The name that it was given."""
        name: str | None = self.document.get("name")
        return name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}{'' if self.name is None else f' {self.name!r}'}>"


class JobFacts(Resource[T]):
    """What is known of a training job, as of the last request."""

    @property
    def status(self) -> str:
        """`queued`, `running`, `succeeded`, `failed` or `cancelled`."""
        return str(self.document["status"])

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    @property
    def spec(self) -> Document:
        """The specification with every default filled in."""
        return dict(self.document["spec"])

    @property
    def metrics(self) -> dict[str, dict[str, float | None]]:
        """Metrics by split: `metrics["validation"]["accuracy"]`."""
        return dict(self.document["metrics"])

    @property
    def baseline(self) -> Document:
        """The metrics of a constant answer and of a linear model, on the same rows."""
        return dict(self.document["baseline"] or {})

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed, the most important first."""
        return tuple(map(Finding.of, self.document["findings"]))

    @property
    def model_id(self) -> str | None:
        """The model that the job made, if it has succeeded."""
        model: str | None = self.document["model"]
        return model

    def __repr__(self) -> str:
        told = f"<{type(self).__name__} {self.id} {self.status}"
        measured = self.metrics.get("validation") or self.metrics.get("train") or {}
        found = [
            f"{name} {measured[name]:.4g}" for name in ("accuracy", "r2", "loss") if measured.get(name) is not None
        ]
        return f"{told}{', '.join(['', *found[:1]])}>"


class ModelFacts(Resource[T]):
    """What is known of a model."""

    @property
    def task(self) -> str:
        """`binary`, `multiclass`, `multilabel` or `regression`."""
        return str(self.document["task"])

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the columns that it takes."""
        return tuple(each["name"] for each in self.document["inputs"])

    @property
    def classes(self) -> Sequence[Any] | None:
        """The classes, in the order of the columns of probabilities."""
        classes: Sequence[Any] | None = self.document.get("classes")
        return classes

    @property
    def aliases(self) -> tuple[str, ...]:
        """Names under which it can be asked for."""
        return tuple(self.document["aliases"])

    @property
    def metrics(self) -> dict[str, dict[str, float | None]]:
        """Metrics by split."""
        return dict(self.document["metrics"])


class DatasetFacts(Resource[T]):
    """What is known of a data set."""

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.document["rows"])

    @property
    def columns(self) -> tuple[Document, ...]:
        """Each column with its type, why that was inferred, and what was noticed."""
        return tuple(self.document["columns"])

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was decided about values that do not fit."""
        return tuple(Finding.of(each) for column in self.columns for each in column["findings"])
