"""Streams of randomness: apart from each other, the same everywhere, and kept as JSON."""

import json

from numpy.random import PCG64, Generator, SeedSequence

from steelyard.nn.rng import PURPOSES, Streams, probe_stream

SEED_0 = [3445585646, 4049885951, 23549334]


def draws(streams: Streams) -> dict[str, float]:
    return {purpose: float(getattr(streams, purpose).random()) for purpose in PURPOSES}


def test_a_purposes_stream_is_numpys_of_the_seed_and_its_place() -> None:
    expected = {p: Generator(PCG64(SeedSequence(7, spawn_key=(k,)))).random() for k, p in enumerate(PURPOSES)}
    assert draws(Streams.spawn(7)) == expected
    assert len({*expected.values()}) == len(PURPOSES)
    assert draws(Streams.spawn(8)) != expected


def test_each_member_of_an_ensemble_draws_for_itself_the_first_as_without_one() -> None:
    members = [draws(Streams.spawn(7, member)) for member in range(3)]
    assert members[0] == draws(Streams.spawn(7))
    expected = {p: Generator(PCG64(SeedSequence(7, spawn_key=(k, 2)))).random() for k, p in enumerate(PURPOSES)}
    assert members[2] == expected
    assert len({value for member in members for value in member.values()}) == 3 * len(PURPOSES)


def test_a_seed_gives_the_draws_that_it_gave_before() -> None:
    assert Streams.spawn(0).initialization.integers(2**32, size=3).tolist() == SEED_0


def test_streams_go_on_from_a_state_that_went_through_json() -> None:
    streams = Streams.spawn(3)
    draws(streams)
    state = json.loads(json.dumps(streams.state()))
    expected = draws(streams)
    other = Streams.spawn(99)
    other.restore(state)
    assert draws(other) == expected
    numbers = [number for each in state.values() for number in each["state"].values()]
    assert all(isinstance(number, str) and number.startswith("0x") for number in numbers)


def test_the_probes_stream_is_apart_from_the_others_and_always_new() -> None:
    drawn = float(probe_stream(7).random())
    assert drawn == float(probe_stream(7).random()) != float(probe_stream(8).random())
    assert drawn not in draws(Streams.spawn(7)).values()
