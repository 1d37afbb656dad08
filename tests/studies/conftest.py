"""A job with something to mend."""

from typing import Any

import pytest
from sqlalchemy import Engine

from tests import trained

# Few rows and many weights: without early stopping the validation loss rises.
OVERFITTED: dict[str, Any] = {
    "data": {"builtin": "moons", "n_samples": 60, "noise": 0.6, "seed": 3},
    "layers": [100, 100],
    "optimizer": {"name": "adam", "learning_rate": 0.01},
    "training": {"epochs": 100, "seed": 5},
}


@pytest.fixture(scope="module")
def sick(store: Engine) -> str:
    """A job with a finding that has a patch."""
    job = trained.train(store, OVERFITTED)
    assert "overfitting" in [finding.code for finding in job.findings]
    return job.id
