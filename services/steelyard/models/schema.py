"""What clients see of models."""

from typing import Annotated, Any, Literal

from pydantic import Field

from steelyard.diagnostics.schema import Baseline
from steelyard.documents.schema import Answer, ColumnSchema, Label, Listed, Sha256, StoredSpec, Time
from steelyard.tabular.values import Kind


class Input(Answer):
    """An input of a model."""

    name: str
    kind: Kind
    schema_: ColumnSchema = Field(alias="schema")


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


class Versions(Answer):
    """What the bits of a training depend on beside its specification: libraries, processor, threads, engine."""

    steelyard: str
    python: str
    numpy: str
    scipy: str
    numba: str
    blas: str | None
    blas_version: str | None
    blas_kernel: str | None
    blas_threads: int | None
    threads: int
    simd: list[str]
    machine: str
    engine: Literal["numpy", "compiled"]
    why_not_compiled: Annotated[str | None, Field(description="why the compiled engine was not used, if so")]


class Provenance(Answer):
    """Where a model comes from."""

    job: str
    spec_digest: Sha256
    seed: int
    rows: int
    dataset: Annotated[str | None, Field(description="SHA-256 of the data set's file; null for other data")]
    versions: Versions
    reproducible: Annotated[bool, Field(description="whether the same job gives the same weights again")]


class Imported(Answer):
    """Where an imported model comes from: a file. `original` is what that file says about the model's training."""

    source: Literal["imported"]
    job: str
    format: Literal["safetensors", "npz", "json", "onnx", "keras"]
    file: Annotated[Sha256, Field(description="of the file")]
    original: Provenance | None
    notes: list[str] = Field([], description="what was converted to read the file, if anything")


class FileDialect(Answer):
    """How the file is written that a model learned from; a quote, comment or header only where it was stated."""

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    quote: str | None = None
    comment: str | None = None
    skip_rows: int | None = None
    header: bool | None = None


class Lineage(Answer):
    """How a model was made of another."""

    model: Annotated[str, Field(description="the id of the other model")]
    edits: Annotated[list[dict[str, Any]], Field(description="the changes to its weights, in order")]


class Manifest(Answer):
    """What is stored of a model beside its weights."""

    task: Literal["binary", "multiclass", "multilabel", "regression"]
    inputs: list[Input]
    outputs: Outputs
    classes: list[Label] | None
    layers: list[LayerFacts]
    parameters: int
    metrics: dict[str, dict[str, float | None]]
    baseline: Baseline | None = None
    weights_sha256: Sha256
    spec: StoredSpec
    provenance: Provenance | Imported
    dialect: Annotated[
        FileDialect | None, Field(description="files to predict are read like the training file, where that fits")
    ] = None
    lineage: Annotated[Lineage | None, Field(description="of a model that was made by edits of another")] = None


class Model(Manifest):
    """A trained model."""

    id: str
    object: Literal["model"]
    name: str | None
    aliases: list[str]
    job: str
    created_at: Time


class ModelList(Listed):
    """Models, newest first."""

    data: list[Model]
