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
    """A pool of running threads. They are started now because a thread that gets no memory later fails silently."""
    with ThreadPoolExecutor(count) as threads:
        together = Barrier(count)
        for begun in [threads.submit(together.wait) for _ in range(count)]:
            begun.result()
        yield threads


def ahead(jobs: Iterable[Callable[[], T]], threads: Executor, at_once: int) -> Iterator[T]:
    """The results of the jobs, in order. Up to `at_once` of them run ahead of the one that is awaited."""
    begun: deque[Future[T]] = deque()
    for job in jobs:
        begun.append(threads.submit(job))
        if len(begun) > at_once:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()
