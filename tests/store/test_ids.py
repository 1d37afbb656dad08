"""Ids."""

import time

from steelyard.store.ids import ALPHABET, LENGTH, new_id


def test_ids_sort_by_time_and_differ() -> None:
    ids = []
    for _ in range(5):
        ids.append(new_id("job"))
        time.sleep(0.002)
    assert ids == sorted(ids)
    assert len({new_id("job") for _ in range(1000)}) == 1000


def test_an_id_has_its_prefix_and_the_milliseconds_of_its_time() -> None:
    before = time.time_ns() // 1_000_000
    prefix, letters = new_id("job").split("_")
    after = time.time_ns() // 1_000_000
    assert prefix == "job"
    assert len(letters) == LENGTH
    number = 0
    for letter in letters:
        number = number << 5 | ALPHABET.index(letter)
    assert before <= number >> 80 <= after
