"""What journeys begin with."""

import pandas as pd
import pytest

from tests.journeys.passengers import make_passengers


@pytest.fixture(scope="session")
def passengers() -> pd.DataFrame:
    """A table with categories, dates, missing values, names, and a number for each row."""
    return make_passengers()
