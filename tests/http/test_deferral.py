"""A view leaves work to the event loop once, and only for a GET."""

import pytest
from flask import Flask, request

from steelyard.http.deferral import leave
from steelyard.http.environment import IS_AGAIN, LEFT


@pytest.mark.parametrize(
    ("method", "again", "left"), [("GET", False, True), ("GET", True, False), ("HEAD", False, False)]
)
def test_work_is_left_in_the_environment_of_the_request(bare: Flask, method: str, again: bool, left: bool) -> None:
    environment = {IS_AGAIN: True} if again else {}
    with bare.test_request_context("/", method=method, environ_overrides=environment):
        order = object()
        leave(order)
        assert request.environ.get(LEFT) is (order if left else None)
