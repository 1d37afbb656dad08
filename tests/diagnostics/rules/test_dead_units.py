"""Units that are zero for every row are counted."""

import pytest

from tests.diagnostics.rules.data_runs import find_with


def dead(count: int) -> dict[str, object]:
    """A layer of eight units, some of them dead by their bias."""
    return {"dense_1/bias": [-100.0] * count + [0.0] * (8 - count)}


@pytest.mark.parametrize(("count", "level"), [(8, "warning"), (4, "warning"), (3, None)])
def test_half_of_a_layer_is_named(count: int, level: str | None) -> None:
    found = find_with("dead_units", tensors=dead(count), value=0.4)
    assert [finding.level for finding in found] == ([] if level is None else [level])
    for finding in found:
        assert f"{count} of the 8 units of dense_1 are dead" in finding.message
        assert finding.patch


def test_a_network_that_learned_well_has_no_warning() -> None:
    [finding] = find_with("dead_units", tensors=dead(5), value=0.95)
    assert finding.level == "info"


def test_the_fraction_can_be_changed() -> None:
    assert len(find_with("dead_units", tensors=dead(3), value=0.4, parameters={"fraction": 0.3})) == 1
