"""What the page of each problem says: why it happens, an example, and what to do about it.

Apart from `problems`, which serves the pages, because it is text alone. A test compares the slugs with the errors.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemText:
    """The text of a problem's page. `example` is a request or a message."""

    cause: str
    example: str
    remedy: str


EXPLANATIONS = {
    "invalid-request": ProblemText(
        cause="The service could not read the request: the body is not valid JSON (RFC 8259), is nested too "
        "deeply, has the same key twice, or is a data file that is damaged or has another format than "
        "its Content-Type.",
        example='curl -X POST http://localhost:8000/v1/jobs -H "Content-Type: application/json" -d '
        "'{\"layers\": [16,}'",
        remedy="Correct the body at the line and column that `detail` names, and send it again.",
    ),
    "validation-failed": ProblemText(
        cause="The request is valid JSON, but some of its values are not allowed: a field is unknown or "
        "missing, a number is out of range, or two settings contradict each other.",
        example='{"data": {"builtin": "iris"}, "layers": [16], "training": {"epochs": 0}}\n'
        "/training/epochs: is 0; it must be at least 1",
        remedy="Correct every entry of `errors`: `pointer` says where it is in the body, or `parameter` "
        "which query parameter it is, and `detail` what is allowed. GET /v1/catalog lists the "
        "components with their ranges.",
    ),
    "too-large-to-train": ProblemText(
        cause="The estimated memory of the job exceeds the limit for one job, or a tensor is too large to store.",
        example="training needs about 1.2 GiB; the limit of a job is 1.0 GiB. The largest part, 361 MiB, is "
        "for the weights and the optimizer's state; use fewer units.",
        remedy="Use fewer units, rows or columns, or a smaller batch size, as `detail` suggests. POST "
        "/v1/jobs?dry_run=true shows the estimate. The operator can raise "
        "STEELYARD_MAX_JOB_MEMORY_BYTES.",
    ),
    "forbidden": ProblemText(
        cause="The Host header has a name that this service does not accept, or a web page of another site "
        "sent the request.",
        example="the Host header names 'train.example.com', which this service does not accept",
        remedy="Use a host name that the service accepts, or add the name to STEELYARD_ALLOWED_HOSTS. Send "
        "requests that change something from a program, or from the service's own pages.",
    ),
    "not-found": ProblemText(
        cause="The URL is wrong, or the resource was deleted.",
        example="GET /v1/jobs/job_unknown",
        remedy="Check the path and the id. /docs describes all endpoints; GET /v1/jobs, /v1/models and "
        "/v1/datasets list what exists.",
    ),
    "method-not-allowed": ProblemText(
        cause="The endpoint exists, but does not support this HTTP method.",
        example="PUT /v1/jobs",
        remedy="Use a method from the `Allow` header of the response. /docs describes all endpoints.",
    ),
    "not-acceptable": ProblemText(
        cause="The resource is not available in any media type of the request's Accept header.",
        example="GET /v1/jobs/job_…/weights/final with Accept: image/png",
        remedy="Send one of the media types that `detail` lists, or no Accept header.",
    ),
    "request-timeout": ProblemText(
        cause="The request body did not arrive in time. The connection is slow or was interrupted.",
        example="A large file is uploaded over a connection that stalls.",
        remedy="Send the request again. Compress large files, or upload them from a machine with a faster connection.",
    ),
    "conflict": ProblemText(
        cause="The resource exists, but its current state does not allow the operation.",
        example="DELETE /v1/jobs/job_… while the job is running",
        remedy="Follow `detail`: for example, cancel a running job before you delete it, and send "
        "?force=true to delete a model that has an alias.",
    ),
    "idempotency-key-reused": ProblemText(
        cause="The Idempotency-Key of this request was used before for a request with another body or URL.",
        example="Two different jobs are submitted with Idempotency-Key: 42",
        remedy="Use a new key for each new request. Repeat a key only to retry exactly the same request.",
    ),
    "payload-too-large": ProblemText(
        cause="The request body, or the memory needed to read it, exceeds a limit.",
        example="the body has 80000000 bytes; the limit is 67108864",
        remedy="Upload large data to /v1/datasets instead of sending it in a job, and split files that "
        "exceed the limit. The operator can raise STEELYARD_MAX_BODY_BYTES and "
        "STEELYARD_MAX_DATASET_BYTES.",
    ),
    "unsupported-media-type": ProblemText(
        cause="The endpoint does not support the body's Content-Type, or the header is missing.",
        example="curl -X POST http://localhost:8000/v1/jobs -d '{…}' sends application/x-www-form-urlencoded",
        remedy="Send the Content-Type that `detail` names: application/json for jobs; text/csv, for example, "
        "for files.",
    ),
    "internal": ProblemText(
        cause="The service has a bug, or met a condition that it does not handle.",
        example="see the server's log for the request id req_…",
        remedy="Try again. If the error returns, report it with the request id: the server's log has the "
        "details under this id.",
    ),
    "unavailable": ProblemText(
        cause="A part of the service is down, overloaded or out of disk space: the database, the broker, or a worker.",
        example="the database is unreachable",
        remedy="Wait for the time in the `Retry-After` header, then send the request again. GET /readyz "
        "shows which part is not available. If the disk is full, delete data sets or jobs.",
    ),
    "diverged": ProblemText(
        cause="The loss of the training became infinite or not a number. The learning rate is usually too large.",
        example="the loss was not finite in epoch 3, batch 7: layer 'dense_1' was the first with values that "
        "are not finite",
        remedy="Use a smaller learning rate or gradient clipping, standardize inputs and targets, or choose "
        "an initializer with smaller weights.",
    ),
    "worker-lost": ProblemText(
        cause="The training process died several times without reaching a new checkpoint.",
        example="the training process was lost 3 times without a new checkpoint; the last time killed by SIGKILL",
        remedy="Check the worker's log and the machine's memory. Then resume the job with POST "
        "/v1/jobs/job_…/resume: it continues from its last checkpoint.",
    ),
    "stalled": ProblemText(
        cause="The training process was alive but completed no batch for too long, several times.",
        example="it was stopped because it completed no batch for 600 s",
        remedy="Use a smaller batch size or a smaller network, or give the worker more CPU time. The "
        "operator can raise STEELYARD_STALL_SECONDS.",
    ),
    "out-of-memory": ProblemText(
        cause="The training needed more memory than the limit for one job, or than the machine had.",
        example="it needed more memory than the limit of 4096 MiB",
        remedy="Use fewer units, rows or columns, or a smaller batch size. The operator can raise "
        "STEELYARD_MAX_JOB_MEMORY_BYTES.",
    ),
    "time-limit-exceeded": ProblemText(
        cause="The training took longer than its time limit.",
        example="it had trained for 600 s; the limit is 600 s",
        remedy="Resume the job with POST /v1/jobs/job_…/resume: it continues from its last checkpoint. Or "
        "submit it with fewer epochs or a larger training.time_limit_seconds.",
    ),
    "initial-weights-gone": ProblemText(
        cause="The model in initial_weights was deleted between the submission and the start of the job.",
        example="the model mdl_…, from which the job should start, was deleted in the meantime",
        remedy="Submit the job again with another model, or without initial_weights.",
    ),
}
