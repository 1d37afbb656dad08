"""The objects that routes share, by their class. The composition root makes each of them once."""

from typing import TypeVar, cast

from flask import current_app

KEY = "steelyard.services"
T = TypeVar("T")


def service(kind: type[T]) -> T:
    """The object of this class in the application that serves this request."""
    return cast(T, current_app.extensions[KEY][kind])
