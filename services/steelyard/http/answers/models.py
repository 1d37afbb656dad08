"""Models and what they say."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.http.answers.base import Answer, Label, Listed, Sha256, Target, Time


class Input(Answer):
    """An input of a model."""

    name: str
    kind: Literal["numeric", "categorical", "boolean", "datetime", "text", "id"]


class Outputs(Answer):
    """The outputs of a model."""

    targets: list[str]
    units: int


class LayerFacts(Answer):
    """A layer of a model."""

    name: str
    type: str
    inputs: int
    outputs: int
    activation: str | None
    parameters: int


class Model(Answer):
    """A trained model."""

    id: str
    object: Literal["model"]
    name: str | None
    aliases: list[str]
    job: str
    created_at: Time
    task: Literal["binary", "multiclass", "multilabel", "regression"]
    inputs: list[Input]
    outputs: Outputs
    classes: list[Label] | None
    layers: list[LayerFacts]
    parameters: int
    metrics: dict[str, dict[str, float | None]]
    weights_sha256: Sha256
    spec: dict[str, Any]
    provenance: dict[str, Any]


class ModelList(Listed):
    """Models, newest first."""

    data: list[Model]


class PredictRequest(Answer):
    """Rows as lists in the order of the model's inputs, or as objects by their names."""

    inputs: Annotated[
        list[list[float] | dict[str, float]],
        Field(min_length=1, examples=[[[5.1, 3.5, 1.4, 0.2]]]),
    ]


class Prediction(Answer):
    """What a model predicts, a row each."""

    model: str
    predictions: list[Target]
    probabilities: list[list[float]] | None = None
    classes: list[Label] | None = None
