"""A replayer on an empty store."""

import pytest
from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.replays.service import Replayer


@pytest.fixture(scope="package")
def replayer(store: Engine, readers: Readers) -> Replayer:
    """Replays the jobs of the store."""
    return Replayer(store, readers)
