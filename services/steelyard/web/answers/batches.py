"""Predictions for many rows at a time."""

from typing import Annotated, Literal

from pydantic import Field

from steelyard.jobs.webhooks.schema import Webhook
from steelyard.web.answers.base import Answer, Cell, Listed, Problem, Target, Time
from steelyard.web.answers.jobs import Status


class Records(Answer):
    """Rows as objects by the names of the model's inputs."""

    rows: Annotated[list[dict[str, Cell]], Field(min_length=1)]


class Lists(Answer):
    """Rows as lists in the order of the model's inputs."""

    x: Annotated[list[list[Cell]], Field(min_length=1)]


class DatasetToPredict(Answer):
    """The rows of a data set."""

    dataset: str


class RowsToPredict(Answer):
    """Rows inside the request."""

    inline: Records | Lists


class BatchRequest(Answer):
    """Rows to predict: a data set, or rows inside the request as objects (`rows`) or lists (`x`)."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    data: DatasetToPredict | RowsToPredict
    webhook: Webhook | None = None


class BatchProgress(Answer):
    """The progress."""

    rows: int
    fraction: Annotated[float, Field(ge=0, le=1)]


class BatchPrediction(Answer):
    """Predictions for many rows."""

    id: str
    object: Literal["prediction"]
    name: str | None
    status: Status
    model: str
    dataset: str | None
    rows: int
    progress: BatchProgress
    attempt: int
    error: Problem | None
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    seconds: float | None


class BatchList(Listed):
    """Predictions, newest first."""

    data: list[BatchPrediction]


class BatchRow(Answer):
    """The prediction for one row."""

    row: int
    prediction: Target
    probabilities: list[float] | None = None


class BatchRows(Listed):
    """The predictions so far, in the order of the rows."""

    rows: int
    data: list[BatchRow]
