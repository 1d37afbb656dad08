"""The client for ordinary programs: every call returns when it is done. `aio` has the same for event loops."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from steelyard.client import operations, tables
from steelyard.client.answers import DatasetFacts, Document, JobFacts, Mend, ModelFacts
from steelyard.client.errors import JobFailed
from steelyard.client.operations import ENDED, act, fetch
from steelyard.client.progress import show_progress
from steelyard.client.transport import Transport

URL = "http://127.0.0.1:8000"


class Client:
    """A Steelyard service.

    Args:
        url: Where it is.
        api_key: Sent as a bearer token, for services behind a gate that asks for one.
        timeout: Seconds that one answer may take.
        retries: How often a request is sent again after a lost connection, with growing pauses. Requests that make
            something have an idempotency key, so that none makes it twice.
    """

    def __init__(self, url: str = URL, api_key: str | None = None, *, timeout: float = 90.0, retries: int = 5) -> None:
        self.transport = Transport(url, api_key, timeout, retries)

    @property
    def url(self) -> str:
        """The address of the service."""
        return self.transport.url

    def close(self) -> None:
        """Give the connections back."""
        self.transport.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def train(self, data: Any, target: str | Sequence[str] | None = None, **spec: Any) -> "Job":
        """Submit a training job.

        Args:
            data: A file (`"customers.csv"`), a frame of pandas or polars, an Arrow table, a mapping of columns, a list
                of rows, a `Dataset`, the id of one, or a specification: `{"builtin": "iris"}`.
            target: The column to predict, or several.
            spec: Any other field of a job: `layers=[32, 16]`, `initializer="he_normal"`, `optimizer="adam"`,
                `training={"epochs": 40}`, `preset="sklearn"`.

        Raises `InvalidRequest`, whose `faults` say what is wrong, and where.
        """
        located = data.id if isinstance(data, Dataset) else data
        return Job(self.transport, self.transport.run(operations.train(located, target, spec, dry_run=False)))

    def dry_run(self, data: Any, target: str | Sequence[str] | None = None, **spec: Any) -> Document:
        """What `train` would do: the specification with all defaults, the number of weights, memory and time."""
        located = data.id if isinstance(data, Dataset) else data
        return self.transport.run(operations.train(located, target, spec, dry_run=True))

    def upload(self, data: Any, name: str | None = None, *, columns: Mapping[str, Any] | None = None) -> "Dataset":
        """Store a file or a table. `columns` states types: `{"zip": {"type": "category"}}`."""
        return Dataset(self.transport, self.transport.run(operations.upload(data, name, columns)))

    def job(self, job_id: str) -> "Job":
        """A job by its id. Raises `NotFound`."""
        return Job(self.transport, self.transport.run(fetch(f"/v1/jobs/{job_id}")))

    def jobs(self, *, limit: int | None = 50, **filters: Any) -> list["Job"]:
        """Jobs, newest first: `status="running"`, `search="churn"`, `started_from=model.id`. `limit=None`: all."""
        found = self.transport.run(operations.list_all("/v1/jobs", limit, **filters))
        return [Job(self.transport, each) for each in found]

    def model(self, reference: str) -> "Model":
        """A model by its id or an alias. Raises `NotFound`."""
        return Model(self.transport, self.transport.run(fetch(f"/v1/models/{reference}")))

    def models(self, *, limit: int | None = 50) -> list["Model"]:
        """Models, newest first."""
        return [Model(self.transport, each) for each in self.transport.run(operations.list_all("/v1/models", limit))]

    def import_model(self, file: str | Path, name: str | None = None, **description: Any) -> "Model":
        """Make a model from a file of weights.

        Args:
            file: An export of a service, or weights made elsewhere; its name tells its format.
            name: Of the new model.
            description: What the file does not say: `layers=[16]`, `inputs=["age", "income"]`, `classes=["no", "yes"]`,
                `output={"activation": "sigmoid"}`.

        Raises `InvalidRequest`, whose `faults` say what does not fit.
        """
        asked = {**({} if name is None else {"name": name}), **description}
        return Model(self.transport, self.transport.run(operations.import_model(Path(file), asked)))

    def dataset(self, dataset_id: str) -> "Dataset":
        """A data set by its id. Raises `NotFound`."""
        return Dataset(self.transport, self.transport.run(fetch(f"/v1/datasets/{dataset_id}")))

    def datasets(self, *, limit: int | None = 50) -> list["Dataset"]:
        """Data sets, newest first."""
        found = self.transport.run(operations.list_all("/v1/datasets", limit))
        return [Dataset(self.transport, each) for each in found]

    def catalog(self) -> Document:
        """Every layer, initializer, activation, loss and optimizer, with parameters, formula and source."""
        return dict(self.transport.run(fetch("/v1/catalog")))

    def trace(self, job: Mapping[str, Any]) -> Document:
        """One training step of a job with every number on the way."""
        return dict(self.transport.run(act("POST", "/v1/traces", dict(job), again=True)))

    def initialization_lab(
        self, job: Mapping[str, Any], initializers: Sequence[Any], *, timeout: float | None = None, **options: Any
    ) -> Document:
        """Compare ways to begin a job, over seeds; waits for the verdict."""
        return self.transport.run(operations.initialization_lab(job, initializers, options, timeout))


class Job(JobFacts[Transport]):
    """A training job."""

    def refresh(self) -> Self:
        """Ask for it again."""
        self.document = self._transport.run(fetch(f"/v1/jobs/{self.id}"))
        return self

    def wait(self, timeout: float | None = None, *, progress: bool = False) -> Self:
        """Wait until it has ended, in seconds. Raises `JobFailed`, `JobTimeout`."""
        show = show_progress(sys.stderr) if progress else None
        self.document = self._transport.run(operations.wait_for_job(self.id, timeout, show))
        if self.status == "failed":
            raise JobFailed(self.id, self.document["error"], self)
        return self

    def events(self) -> Iterator[Document]:
        """Everything that happens, as it happens, from the beginning until the job has ended.

        The `type` of an event is `status`, `epoch` (with the values of the epoch in `data`), `finding` or `log`.
        """
        yield from self._transport.follow(f"/v1/jobs/{self.id}/events")
        self.refresh()

    def history(self) -> Any:
        """Loss and metrics of every epoch, as a frame of pandas or polars, or as lists by name."""
        return self._transport.run(operations.history(self.id))

    def predictions(self, split: str = "validation") -> Any:
        """The predictions of a split as a frame: `train`, `validation` or `test`."""
        return self._transport.run(operations.predictions(self.id, split))

    def weights(self, snapshot: str = "final") -> dict[str, Any]:
        """Arrays by tensor, such as `dense_1/kernel`: `initial`, `best`, `final`, or `epoch-8`. Needs NumPy."""
        arrays: dict[str, Any] = self._transport.run(operations.weights(self.id, snapshot))
        return arrays

    def diagnostics(self, *, layer: str | None = None, series: str | None = None) -> Any:
        """How weights, gradients and units changed, as a frame with a row for each value."""
        return self._transport.run(operations.diagnostics(self.id, layer, series))

    def report(self, split: str = "validation") -> Document:
        """Confusion matrix, calibration or residuals, and the worst rows of a split."""
        return dict(self._transport.run(fetch(f"/v1/jobs/{self.id}/report", split=split)))

    def mend(self, findings: Sequence[str] | None = None, *, seeds: int = 3, timeout: float | None = None) -> Mend:
        """Train it with and without the patches of its findings, on the same seeds; waits for the verdict."""
        return Mend.of(self._transport.run(operations.mend(self.id, findings, seeds, timeout)))

    def cancel(self) -> Self:
        """Stop it. Its weights so far are kept."""
        self.document = self._transport.run(act("POST", f"/v1/jobs/{self.id}/cancel", again=True))
        return self

    def resume(self) -> Self:
        """Go on with a job that was cancelled, or whose worker was lost."""
        self.document = self._transport.run(act("POST", f"/v1/jobs/{self.id}/resume"))
        return self

    def delete(self) -> None:
        """Delete it with all its results."""
        self._transport.run(act("DELETE", f"/v1/jobs/{self.id}"))

    @property
    def model(self) -> "Model":
        """The model that it made. Raises `NotFound` before it has succeeded."""
        if self.model_id is None and self.status not in ENDED:
            self.refresh()
        return Model(self._transport, self._transport.run(fetch(f"/v1/models/{self.model_id or self.id}")))


class Model(ModelFacts[Transport]):
    """A trained model."""

    def predict(self, data: Any) -> Any:
        """Classes or values for a file, a frame, a mapping of columns, or rows: an array, where NumPy is installed."""
        return tables.make_array(self.answer(data)["predictions"])

    def predict_proba(self, data: Any) -> Any:
        """The probability of each class: rows × `classes`. Raises `TypeError` for a regression."""
        answer = self.answer(data)
        if answer.get("probabilities") is None:
            raise TypeError(f"{self.id} is a model for {self.task}: it has no probabilities")
        return tables.make_array(answer["probabilities"])

    def answer(self, data: Any) -> Document:
        """Everything that the service answers to the same."""
        return self._transport.run(operations.predict(self.id, data))

    def explain(self, method: str = "permutation", **options: Any) -> Document:
        """How much each input column counts."""
        return dict(
            self._transport.run(act("POST", f"/v1/models/{self.id}/explain", {"method": method, **options}, again=True))
        )

    def export(self, form: str, file: str | Path, *, bundle: bool = False) -> Path:
        """Write it in a format, such as `onnx`, `keras` or `torch`; a bundle has a proof that answers are equal."""
        return self._transport.run(operations.export(self.id, form, Path(file), bundle=bundle))

    def diff(self, other: "Model | str", *, align: bool = True) -> Document:
        """How the weights of another model differ, with units in the order in which they are most alike."""
        reference = other.id if isinstance(other, Model) else other
        return dict(self._transport.run(fetch(f"/v1/models/{self.id}/diff/{reference}", align=str(align).lower())))

    def edit(self, edits: Sequence[Mapping[str, Any]]) -> "Model":
        """A new model with other weights: `[{"op": "prune", "fraction": 0.3}]`."""
        return Model(self._transport, self._transport.run(operations.edit(self.id, edits))["model"])

    def set_alias(self, alias: str) -> Self:
        """Give it a name under which it can be asked for; another model that has the name loses it."""
        self.document = self._transport.run(act("PUT", f"/v1/models/{self.id}/aliases/{alias}"))
        return self

    def delete(self, *, force: bool = False) -> None:
        """Delete it; its job is kept. `force`: even if it has aliases."""
        self._transport.run(act("DELETE", f"/v1/models/{self.id}", force=str(force).lower()))


class Dataset(DatasetFacts[Transport]):
    """An uploaded data set."""

    def train(self, target: str | Sequence[str], **spec: Any) -> Job:
        """Submit a training job on it."""
        return Job(self._transport, self._transport.run(operations.train(self.id, target, spec, dry_run=False)))

    def set_columns(self, columns: Mapping[str, Any]) -> Self:
        """State types of columns: `{"zip": {"type": "category"}}`; `None` takes a statement back."""
        self.document = self._transport.run(
            act("PATCH", f"/v1/datasets/{self.id}", {"columns": dict(columns)}, again=True)
        )
        return self

    def delete(self) -> None:
        """Delete it; jobs and models made from it are kept."""
        self._transport.run(act("DELETE", f"/v1/datasets/{self.id}"))
