"""The answers of the service as models, for the OpenAPI document and for the tests that hold answers against it."""

from pydantic import BaseModel

from steelyard.http.answers.base import Problem
from steelyard.http.answers.batches import BatchList, BatchPrediction, BatchRequest, BatchRows
from steelyard.http.answers.datasets import Dataset, DatasetList, DatasetRows
from steelyard.http.answers.jobs import DryRun, EventList, History, Job, JobList
from steelyard.http.answers.models import ExplainRequest, Explanation, Model, ModelList, Prediction, PredictRequest
from steelyard.http.answers.results import Predictions, Report, TensorValues, WeightList, Weights
from steelyard.http.answers.service import Catalog, Health, Readiness

ANSWERS: tuple[type[BaseModel], ...] = (
    Job, JobList, DryRun, History, EventList, WeightList, Weights, TensorValues, Predictions, Model, ModelList,
    PredictRequest, Prediction, ExplainRequest, Explanation, BatchRequest, BatchPrediction, BatchList, BatchRows,
    Dataset, DatasetList, DatasetRows, Report, Health, Readiness, Catalog, Problem,
)  # fmt: skip
