"""Work done in threads ahead of its turn."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def threads_begun(count: int) -> Iterator[Executor]:
    """So many threads, all of which have begun: where memory is short, one may stop before who began it hears of it."""
    with ThreadPoolExecutor(count) as threads:
        together = Barrier(count)
        for begun in [threads.submit(together.wait) for _ in range(count)]:
            begun.result()
        yield threads


def ahead(jobs: Iterable[Callable[[], T]], threads: Executor, at_once: int) -> Iterator[T]:
    """What the jobs give, in their order. `at_once` of them are done at once, while the next is waited for."""
    begun: deque[Future[T]] = deque()
    for job in jobs:
        begun.append(threads.submit(job))
        if len(begun) > at_once:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()
