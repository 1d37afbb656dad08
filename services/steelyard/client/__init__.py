"""The Python client: `Client` for programs, `AsyncClient` for event loops, and estimators that train on the service.

    from steelyard.client import Client

    client = Client("http://127.0.0.1:8000")
    job = client.train("customers.csv", target="churned", layers=[32, 16]).wait(progress=True)
    job.model.predict("new.csv")

It needs httpx alone. pandas, polars, NumPy and scikit-learn are used where they are installed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from steelyard.client.aio import AsyncClient, AsyncDataset, AsyncJob, AsyncModel
from steelyard.client.answers import Finding, Mend
from steelyard.client.errors import (
    ApiError,
    Conflict,
    ConnectionLost,
    Fault,
    InvalidRequest,
    JobFailed,
    JobTimeout,
    NotASteelyard,
    NotFound,
    SteelyardError,
    Unavailable,
)
from steelyard.client.sync import Client, Dataset, Job, Model

if TYPE_CHECKING:
    from steelyard.client.estimators import MLPClassifier, MLPRegressor

ESTIMATORS = ("MLPClassifier", "MLPRegressor")
__all__ = [
    "ApiError",
    "AsyncClient",
    "AsyncDataset",
    "AsyncJob",
    "AsyncModel",
    "Client",
    "Conflict",
    "ConnectionLost",
    "Dataset",
    "Fault",
    "Finding",
    "InvalidRequest",
    "Job",
    "JobFailed",
    "JobTimeout",
    "MLPClassifier",
    "MLPRegressor",
    "Mend",
    "Model",
    "NotASteelyard",
    "NotFound",
    "SteelyardError",
    "Unavailable",
]


def __getattr__(name: str) -> Any:
    """The estimators need scikit-learn, which is loaded when one of them is asked for."""
    if name in ESTIMATORS:
        return getattr(import_module("steelyard.client.estimators"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
