"""A tracer on a store of its own."""

import pytest
from sqlalchemy import Engine

from steelyard.datasets.reader_pool import Readers
from steelyard.settings import Settings
from steelyard.traces.service import Tracer


@pytest.fixture(scope="package")
def tracer(store: Engine, readers: Readers) -> Tracer:
    """Makes the traces."""
    return Tracer(store, readers, Settings())
