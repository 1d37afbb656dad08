"""The findings of a run: all rules applied, as a job overrides them, the most important first."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from steelyard.diagnostics.rules import RULES, STAGES, Rule
from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding
from steelyard.documents.writer import to_values
from steelyard.logs import get_logger

log = get_logger(__name__)
LEVELS = ("error", "warning", "info")
Overrides = Mapping[str, Any]
"""By code: `False` for a rule that is switched off, else parameters by name."""


def diagnose(run: Run, overrides: Overrides) -> list[Finding]:
    """What the rules find in a run, the most important first: errors, warnings, and causes before effects."""
    rules = [rule for rule in chosen(overrides) if rule.can_run(run)]
    found = [(rule, _with_evidence(run, rule, finding)) for rule in rules for finding in _find(rule, run)]
    explained = {code for rule, finding in found if finding.level != "info" for code in rule.explains}
    return in_order(finding for _, finding in found if finding.code not in explained)


def _find(rule: Rule, run: Run) -> list[Finding]:
    """What a rule finds. A rule that fails finds nothing: it must not cost the result of a training."""
    try:
        with np.errstate(all="ignore"):  # weights and outputs of a sick network may be anything
            return [*rule.find(run)]
    except Exception:
        log.exception("a rule failed", rule=rule.name)
        return []


def _with_evidence(run: Run, rule: Rule, finding: Finding) -> Finding:
    if run.url is None or rule.evidence is None:
        return finding
    return finding.model_copy(update={"evidence": run.url + rule.evidence.format(layer=finding.layer)})


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings, the most important first."""
    return sorted(findings, key=lambda finding: _rank(finding.level, finding.code))


def rediagnose(run: Run, overrides: Overrides, stored: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The findings of a run that is over, from what is stored of it.

    The `stored` findings of rules that need what only the training process had are kept.
    """
    rules = {rule.name: rule for rule in chosen(overrides)}
    kept = [dict(each) for each in stored if (rule := rules.get(each["code"])) and not rule.can_run(run)]
    explained = {code for each in kept if each["level"] != "info" for code in RULES[each["code"]].explains}
    fresh = [to_values(finding) for finding in diagnose(run, overrides) if finding.code not in explained]
    found = [*kept, *fresh]
    return sorted(found, key=lambda finding: _rank(finding["level"], finding["code"]))


def chosen(overrides: Overrides) -> Sequence[Rule]:
    """The rules that are not switched off, with their parameters."""
    given = {rule: overrides.get(rule.name) for rule in RULES}
    return [rule(**(values or {})) for rule, values in given.items() if values is not False]


def _rank(level: str, code: str) -> tuple[int, int]:
    return LEVELS.index(level), STAGES.index(RULES[code].stage)
