"""All rules applied to a run: in order, as a job overrides them, and again over what is stored."""

from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.diagnosis import chosen, diagnose, rediagnose
from steelyard.diagnostics.rules import RULES
from steelyard.diagnostics.run import Run
from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import drawn, kernels, predicted, run, spec

RISING = {"loss": [1, 0.5, 0.3, 0.2, 0.1, 0.05], "val_loss": [1, 0.6, 0.5, 0.6, 0.7, 0.8]}
FLAT = kernels(dense_1=np.full((4, 8), 0.1), dense_2=drawn(8, 8), output=drawn(8, 3))


def codes(over: Run, **overrides: object) -> list[str]:
    return [finding.code for finding in diagnose(over, overrides)]


def test_a_good_run_has_no_findings() -> None:
    tensors: dict[str, Any] = {"initial": kernels(dense_1=drawn(4, 8)), "final": kernels(dense_1=drawn(4, 8, seed=1))}
    assert codes(run(spec(), history={"loss": [1.0, 0.5, 0.3, *[0.25] * 17]}, **tensors)) == []


def test_causes_come_before_effects_and_warnings_before_info() -> None:
    targets = np.arange(200) % 3
    over = run(
        spec(),
        value=0.4,
        history={"loss": [1.0] * 5},
        initial=FLAT,
        final=FLAT,
        predictions={split: predicted(targets, targets * 0) for split in ("train", "validation")},
    )
    assert codes(over) == ["equal_units", "one_class_predicted", "worse_than_baseline"]
    explained = codes(over, equal_units=False)
    assert "loss_did_not_fall" in explained  # which the equal units explain


def test_a_rare_class_is_named_only_once_nothing_else_keeps_the_network_from_learning() -> None:
    targets = np.where(np.arange(200) < 15, 2, np.arange(200) % 2)
    missed = {split: predicted(targets, targets * 0) for split in ("train", "validation")}
    fallen = {"loss": [1.0, 0.5, 0.5, 0.5]}
    over = run(spec(), value=0.4, history=fallen, initial=FLAT, final=FLAT, predictions=missed)
    assert codes(over) == ["equal_units", "one_class_predicted", "worse_than_baseline"]
    assert codes(over, equal_units=False)[0] == "class_imbalance"


def test_rows_that_an_overfitted_network_contradicts_are_no_doubt_about_their_labels() -> None:
    targets = np.arange(120) % 3
    labels = np.where(np.arange(120) < 20, (targets + 1) % 3, targets)
    sure = {"train": predicted(labels, targets, np.eye(3)[targets] * 0.9 + 0.1 / 3)}
    assert codes(run(spec(), history=RISING, predictions=sure)) == ["overfitting"]
    assert codes(run(spec(), history=RISING, predictions=sure), overfitting=False) == ["abnormal_rows"]


def test_a_learning_rate_is_named_before_the_units_that_it_killed() -> None:
    killed = {
        "optimizer": {"name": "adam", "learning_rate": 10.0},
        "layers": [{"type": "dense", "units": 8, "activation": "relu"}] * 2,
    }
    dead = recording(dead={"dense_1": [0, 0.5, 1, 1], "dense_2": [0, 1, 1, 1]})
    over = run(spec(**killed), value=0.4, history={"loss": [40.0, 30, 35, 20, 25, 22]}, recording=dead)
    assert codes(over) == ["learning_rate_too_high", "dead_units", "dead_units", "worse_than_baseline"]


def test_a_learning_rate_is_named_where_gradients_explode_too() -> None:
    exploded = recording(gradient_norm={"dense_1": [1.0, 1.0, 1e5, 1e5], "output": [1.0] * 4})
    job = spec(optimizer={"name": "adam", "learning_rate": 10.0})
    over = run(job, value=0.4, history={"loss": [40.0, 30, 35, 20, 25, 22]}, recording=exploded)
    assert codes(over) == ["learning_rate_too_high", "exploding_gradients", "worse_than_baseline"]


def test_a_job_changes_rules_or_switches_them_off() -> None:
    over = run(spec(), history=RISING)
    assert codes(over) == ["overfitting"]
    assert codes(over, overfitting=False) == []
    assert codes(over, overfitting={"rise": 0.9}) == []
    assert len(chosen({"overfitting": False})) == len([*RULES]) - 1


def test_findings_that_need_the_data_are_kept_when_rules_run_again() -> None:
    over = run(spec(), history=RISING)
    leak = {"code": "target_leak", "level": "warning", "message": "It gives the target away."}
    old = {"code": "still_improving", "level": "info", "message": "It was so with other rules."}
    found = rediagnose(over, {}, [old, leak])
    assert [finding["code"] for finding in found] == ["target_leak", "overfitting"]
    assert found[0] == leak
    assert rediagnose(over, {"target_leak": False, "overfitting": False}, [old, leak]) == []


@pytest.mark.parametrize("level", ["warning", "info"])
def test_what_a_kept_warning_explains_is_dropped(level: str) -> None:
    kept = {"code": "no_better_than_constant", "level": level, "message": "It learned nothing."}
    found = [finding["code"] for finding in rediagnose(run(spec(), value=0.4), {}, [kept])]
    assert ("worse_than_baseline" in found) == (level == "info")


def test_while_a_job_runs_only_rules_for_that_are_asked() -> None:
    assert codes(run(spec(), history=RISING, is_over=False)) == []


def test_a_finding_is_json() -> None:
    [finding] = rediagnose(run(spec(), history=RISING), {}, [])
    keys = {"code", "level", "message", "suggestion", "layer", "epoch", "value", "threshold", "patch", "evidence"}
    assert finding.keys() == keys
    assert finding["patch"][0]["path"] == "/training/early_stopping"


def test_a_rule_that_fails_costs_nothing_but_its_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(RULES["worse_than_baseline"], "find", fail)
    assert codes(run(spec(), history=RISING)) == ["overfitting"]


def test_evidence_is_where_the_numbers_are() -> None:
    [finding] = diagnose(run(spec(), history=RISING, url="/v1/jobs/job_1"), {})
    assert finding.evidence == "/v1/jobs/job_1/history"
    dead = run(spec(), recording=recording(dead={"dense_2": [0.9] * 4}), url="/v1/jobs/job_1")
    [finding] = [each for each in diagnose(dead, {}) if each.code == "dead_units"]
    assert finding.evidence == "/v1/jobs/job_1/diagnostics?layer=dense_2&series=dead"


def test_runs_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        run(spec()).restored = True  # type: ignore[misc]
