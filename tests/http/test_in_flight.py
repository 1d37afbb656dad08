"""Only one request at a time works on a key."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from steelyard.errors import Conflict
from steelyard.http.in_flight import InFlight


def test_a_key_is_held_by_one_request_and_free_afterwards() -> None:
    in_flight = InFlight()
    with in_flight.hold("a"):
        with pytest.raises(Conflict, match="'a' is in progress"), in_flight.hold("a"):
            pass
        with in_flight.hold("b"):
            pass
    with in_flight.hold("a"):
        pass


def test_a_request_that_fails_frees_its_key() -> None:
    in_flight = InFlight()
    with pytest.raises(RuntimeError), in_flight.hold("a"):
        raise RuntimeError
    with in_flight.hold("a"):
        pass


def test_of_many_threads_one_holds_the_key() -> None:
    in_flight, together = InFlight(), Barrier(8)

    def hold() -> bool:
        together.wait(20)
        try:
            with in_flight.hold("a"):
                together.wait(20)  # all have tried by now
                return True
        except Conflict:
            together.wait(20)
            return False

    with ThreadPoolExecutor(8) as pool:
        held = [*pool.map(lambda _: hold(), range(8))]
    assert sum(held) == 1
