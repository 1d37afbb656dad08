"""Work done in threads ahead of its turn."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(jobs: Iterable[Callable[[], T]], at_once: int) -> Iterator[T]:
    """What the jobs give, in their order. `at_once` of them are done at once, while the next is waited for."""
    with ThreadPoolExecutor(at_once) as threads:
        begun: deque[Future[T]] = deque()
        for job in jobs:
            begun.append(threads.submit(job))
            if len(begun) > at_once:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
