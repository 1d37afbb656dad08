"""The responses of the service as models, for the OpenAPI document and the tests that validate against it."""

from pydantic import BaseModel

from steelyard.web.answers.base import Problem
from steelyard.web.answers.batches import BatchList, BatchPrediction, BatchRequest, BatchRows
from steelyard.web.answers.datasets import Dataset, DatasetChange, DatasetList, DatasetRows
from steelyard.web.answers.jobs import DryRun, EventList, History, Job, JobList
from steelyard.web.answers.models import ExplainRequest, Explanation, Model, ModelList, Prediction, PredictRequest
from steelyard.web.answers.results import Predictions, Report, TensorValues, WeightList, Weights
from steelyard.web.answers.service import Catalog, Health, Readiness

ANSWERS: tuple[type[BaseModel], ...] = (
    Job, JobList, DryRun, History, EventList, WeightList, Weights, TensorValues, Predictions, Model, ModelList,
    PredictRequest, Prediction, ExplainRequest, Explanation, BatchRequest, BatchPrediction, BatchList, BatchRows,
    Dataset, DatasetChange, DatasetList, DatasetRows, Report, Health, Readiness, Catalog, Problem,
)  # fmt: skip
