"""What journeys begin with."""

import pytest

from tests.service import SMALLEST, Service


@pytest.fixture(scope="module")
def model(service: Service) -> str:
    """A trained model."""
    job = service.wait(service.post(SMALLEST)["id"])
    assert job["status"] == "succeeded", job["error"]
    return str(job["model"])
