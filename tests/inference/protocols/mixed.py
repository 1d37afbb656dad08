"""Models of a number, a category and a boolean, and requests for them as other servers' clients send them."""

from typing import Any

ROWS = [
    {"width": number / 4 if number % 7 else None, "color": ["red", "green", "ärgerlich", None][number % 4], "new": odd}
    for number, odd in ((number, number % 3 == 1) for number in range(48))
]
FEATURES = ["width", "color", "new"]
TASKS: dict[str, Any] = {
    "label": [["no", "yes", "maybe"][number % 3] for number in range(48)],
    "count": [number % 3 for number in range(48)],
    "flag": [number % 5 < 2 for number in range(48)],
    "value": [number * 1.7 - 3 for number in range(48)],
}


def job(target: str) -> dict[str, Any]:
    """A job that learns one of the targets."""
    rows = [row | {"y": y} for row, y in zip(ROWS, TASKS[target], strict=True)]
    task = "regression" if target == "value" else "binary" if target == "flag" else "multiclass"
    data = {"inline": {"rows": rows}, "target": "y"}
    return {"data": data, "task": task, "layers": [4], "training": {"epochs": 2}, "validation": None}


# What tritonclient 2.73.0 sends for `SENT`: `generate_request_body` with request_id="7", sequence_id=5,
# sequence_start=True, priority=3 and timeout=1000. It sends no Content-Type.
SENT: list[dict[str, Any]] = [
    {"width": 1.5, "color": "red", "new": True},
    {"width": None, "color": None, "new": False},
]
PARAMETERS = b'"sequence_id":5,"sequence_start":true,"sequence_end":false,"priority":3,"timeout":1000'
BINARY_INPUTS = (
    b'{"id":"7","inputs":[{"name":"width","shape":[2],"datatype":"FP64","parameters":{"binary_data_size":16}},'
    b'{"name":"color","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}},'
    b'{"name":"new","shape":[2],"datatype":"BOOL","parameters":{"binary_data_size":2}}],'
)
JSON_INPUTS = (
    b'{"id":"7","inputs":[{"name":"width","shape":[2],"datatype":"FP64","data":[1.5,NaN]},'
    b'{"name":"color","shape":[2],"datatype":"BYTES","data":["red",""]},'
    b'{"name":"new","shape":[2],"datatype":"BOOL","data":[true,false]}],'
)
OUTPUTS = (
    b'"outputs":[{"name":"label","parameters":{"binary_data":false}},'
    b'{"name":"probabilities","parameters":{"binary_data":true}}],'
)
TAIL = b"\x00\x00\x00\x00\x00\x00\xf8?\x00\x00\x00\x00\x00\x00\xf8\x7f\x03\x00\x00\x00red\x00\x00\x00\x00\x01\x00"
ALL = b'"parameters":{' + PARAMETERS + b',"binary_data_output":true}}'
SOME = OUTPUTS + b'"parameters":{' + PARAMETERS + b"}}"
TRITON: dict[str, tuple[int | None, bytes]] = {
    "binary, all outputs": (399, BINARY_INPUTS + ALL + TAIL),
    "JSON, all outputs": (None, JSON_INPUTS + ALL),
    "binary, two outputs": (496, BINARY_INPUTS + SOME + TAIL),
    "JSON, two outputs": (None, JSON_INPUTS + SOME),
}
# What mlflow 3.17.2 sends: `dump_input_data` of a data frame, as `ScoringServerClient.invoke` calls it.
MLFLOW = (
    b'{"dataframe_split": {"index": [0, 1], "columns": ["width", "color", "new"], '
    b'"data": [[1.5, "red", true], [NaN, null, false]]}}'
)
