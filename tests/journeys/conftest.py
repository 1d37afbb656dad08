"""What journeys begin with."""

import pandas as pd
import pytest

from tests.journeys.passengers import make_passengers
from tests.service import SMALLEST, Service


@pytest.fixture(scope="module")
def model(service: Service) -> str:
    """A trained model."""
    job = service.wait(service.post(SMALLEST)["id"])
    assert job["status"] == "succeeded", job["error"]
    return str(job["model"])


@pytest.fixture(scope="session")
def passengers() -> pd.DataFrame:
    """A table with categories, dates, missing values, names, and a number for each row."""
    return make_passengers()
