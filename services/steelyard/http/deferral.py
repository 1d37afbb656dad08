"""Work that a view leaves to the event loop: waiting for a job, or streaming its events.

The view always returns at once, so an invalid request is rejected before anything waits.
"""

from flask import request

from steelyard.http.environment import IS_AGAIN, LEFT


def leave(order: object) -> None:
    """Leave it in the request's environment, unless the view is called again after it."""
    if request.method == "GET" and IS_AGAIN not in request.environ:
        request.environ[LEFT] = order
