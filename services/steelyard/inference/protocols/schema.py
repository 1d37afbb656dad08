"""Requests and answers of the inference protocols. Names are those of the protocols."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SkipValidation

from steelyard.documents.schema import Answer, Cell, Target

Datatype = Literal[
    "BOOL",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "FP16",
    "FP32",
    "FP64",
    "BYTES",
]
Size = Annotated[int, Field(ge=0)]
Tensor = list[Any]


class Lenient(BaseModel):
    """An object in a request of a protocol whose clients send further fields, which are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, protected_namespaces=())


class TensorParameters(Lenient):
    """Parameters of a tensor in a request."""

    binary_data_size: Annotated[Size | None, Field(description="bytes of this tensor that follow the JSON")] = None


class RequestTensor(Lenient):
    """One column, `[N]` or `[N, 1]`, by its name; or the only tensor, `[N, F]`, with all inputs in their order."""

    name: str
    shape: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=2)]
    datatype: Datatype
    parameters: TensorParameters | None = None
    # Its values are checked by `tensors`, which takes a tenth of the time.
    data: Annotated[SkipValidation[Tensor | None], Field(description="flat or nested; null is a missing value")] = None


class OutputParameters(Lenient):
    """Parameters of an output that is asked for."""

    binary_data: bool | None = None


class RequestOutput(Lenient):
    """An output that is asked for."""

    name: str
    parameters: OutputParameters | None = None


class InferParameters(Lenient):
    """Parameters of a request; others, such as `timeout`, `priority` and `sequence_id`, are ignored."""

    binary_data_output: bool = False


class InferRequest(Lenient):
    """A request of the Open Inference Protocol."""

    id: str | None = None
    parameters: InferParameters | None = None
    inputs: Annotated[list[RequestTensor], Field(min_length=1)]
    outputs: list[RequestOutput] | None = None


class ResponseParameters(Answer):
    """Parameters of an output: its bytes behind the JSON."""

    binary_data_size: int


class ResponseTensor(Answer):
    """An output: `data` is flat, in row-major order."""

    name: str
    datatype: Datatype
    shape: list[int]
    parameters: ResponseParameters | None = None
    data: Tensor | None = None


class ColumnsOfRows(Answer):
    """Names of columns, separated by commas."""

    ignored_columns: str | None = None
    missing_columns: str | None = None


class InferResponse(Answer):
    """An answer of the Open Inference Protocol."""

    model_config = ConfigDict(protected_namespaces=())

    model_name: str
    model_version: Annotated[str, Field(description="the id of the model")]
    id: str | None = None
    parameters: ColumnsOfRows | None = None
    outputs: list[ResponseTensor]


class TensorMetadata(Answer):
    """A tensor of a model; -1 is the number of rows."""

    name: str
    datatype: Datatype
    shape: list[int]


class ModelMetadata(Answer):
    """A model as the Open Inference Protocol describes it."""

    name: str
    versions: Annotated[list[str], Field(description="the id of the model")]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class ServerMetadata(Answer):
    """The server as the Open Inference Protocol describes it."""

    name: str
    version: str
    extensions: list[str]


class ServerLive(Answer):
    """Whether the server responds."""

    live: bool


class ServerReady(Answer):
    """Whether the server can predict."""

    ready: bool


class ModelReady(Answer):
    """Whether the model can predict."""

    name: str
    ready: bool


class InferError(Answer):
    """An error of the Open Inference Protocol."""

    error: str


class SplitFrame(Lenient):
    """A data frame as `DataFrame.to_dict("split")` gives it; its index is ignored."""

    columns: list[str] | None = None
    data: list[list[Cell]]


class InvocationsRequest(Lenient):
    """Rows of an MLflow client, in exactly one of four fields. `params` and other fields are ignored."""

    dataframe_split: SplitFrame | None = None
    dataframe_records: list[dict[str, Cell]] | None = None
    instances: list[Any] | None = None
    inputs: list[Any] | dict[str, Any] | None = None


class Invocations(Answer):
    """Predictions of an MLflow server, one for each row."""

    predictions: list[Target]


class InvocationsError(Answer):
    """An error of an MLflow server."""

    error_code: str
    message: str
