"""Who a worker is, and whether it is gone."""

import psutil

from steelyard_worker.identity import is_gone, worker_name


def test_only_a_worker_of_this_machine_can_be_known_to_be_gone() -> None:
    place = worker_name().rpartition(":")[0]
    with psutil.Popen(["sleep", "60"]) as other:
        assert not is_gone(f"{place}:{other.pid}")
        other.kill()
    assert is_gone(f"{place}:{other.pid}")
    assert not is_gone(f"another-machine:{other.pid}")
    assert not is_gone(worker_name())
