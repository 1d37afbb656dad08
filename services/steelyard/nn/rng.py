"""Streams of randomness: one for each purpose, all from the job's seed.

With a stream each, a change in one place (another split, one more dropout layer) leaves the draws of the others
as they were. The streams are PCG64, which gives the same numbers on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from numpy.random import PCG64, Generator, SeedSequence

PROBE = 1 << 16  # the key of a stream that is drawn from once, so that no checkpoint has to keep its state
PURPOSES = ("initialization", "split", "shuffling", "dropout", "noise")  # a purpose's place is its key: append only


@dataclass(frozen=True)
class Streams:
    """The generators of one training."""

    initialization: Generator
    split: Generator
    shuffling: Generator
    dropout: Generator
    noise: Generator

    @classmethod
    def spawn(cls, seed: int, member: int = 0) -> Self:
        """The streams of a seed, a non-negative integer, for one `member` of an ensemble.

        The first member has those of a network alone.
        """
        keys = {purpose: (key, member) if member else (key,) for key, purpose in enumerate(PURPOSES)}
        sequences = {purpose: SeedSequence(seed, spawn_key=key) for purpose, key in keys.items()}
        return cls(**{purpose: Generator(PCG64(sequence)) for purpose, sequence in sequences.items()})

    def state(self) -> dict[str, Any]:
        """Where every stream stands, as values that any JSON holds: its numbers of 128 bits are written in hex."""
        return {purpose: _written(getattr(self, purpose).bit_generator.state) for purpose in PURPOSES}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put every stream where it stood."""
        for purpose, value in state.items():
            getattr(self, purpose).bit_generator.state = _read(value)


def probe_stream(seed: int) -> Generator:
    """The stream from which the probe of a recording is drawn; a new one at every call."""
    return Generator(PCG64(SeedSequence(seed, spawn_key=(PROBE,))))


def _written(state: Mapping[str, Any]) -> dict[str, Any]:
    return {**state, "state": {name: hex(number) for name, number in state["state"].items()}}


def _read(state: Mapping[str, Any]) -> dict[str, Any]:
    return {**state, "state": {name: int(digits, 16) for name, digits in state["state"].items()}}
