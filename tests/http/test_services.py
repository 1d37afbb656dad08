"""Routes find shared objects by their class."""

import pytest
from flask import Flask

from steelyard.http.services import KEY, service


def test_an_object_is_found_by_its_class_in_the_application_that_serves_the_request() -> None:
    one, other = Flask("one"), Flask("other")
    one.extensions[KEY], other.extensions[KEY] = {str: "one", int: 1}, {str: "other"}
    with one.app_context():
        assert (service(str), service(int)) == ("one", 1)
    with other.app_context():
        assert service(str) == "other"
        with pytest.raises(KeyError):
            service(int)
