"""What a rule is: a class with parameters that a job may override, which finds something in a run."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from steelyard.diagnostics.run import Run
from steelyard.diagnostics.schema import Finding, PatchOperation
from steelyard.nn.component import Part, Registry

Level = Literal["info", "warning", "error"]
STAGES = ("data", "start", "training", "units", "result")
MISSED_CLASSES = ("class_imbalance", "class_never_predicted")  # what a network that did not learn shows of its classes


@dataclass(frozen=True)
class Rule(Part):
    """A rule: what it sees, what follows from that, and from which number on it reports it.

    `name` is the code of its findings. `stage` is where it sees something: in the data, at the start, in the training,
    in units and their gradients, or in the result; causes are listed before their effects. A rule that `needs_data`
    runs in the training process only; the others also run on what is stored of a job.
    """

    latex: ClassVar[str] = ""  # the formulas of rules are comparisons, which read well as they are
    symptom: ClassVar[str]
    consequence: ClassVar[str]
    threshold: ClassVar[str]
    remedy: ClassVar[str]
    stage: ClassVar[Literal["data", "start", "training", "units", "result"]]
    needs_data: ClassVar[bool] = False
    live: ClassVar[bool] = False  # whether it also runs while a job runs
    evidence: ClassVar[str | None] = None  # behind the URL of the job: where the numbers are that the rule looked at
    explains: ClassVar[tuple[str, ...]] = ()  # findings that follow from a warning of this rule, and are dropped

    def can_run(self, run: Run) -> bool:
        """Whether all that the rule needs is known of the run."""
        return (run.is_over or self.live) and (run.data is not None or not self.needs_data)

    @abstractmethod
    def find(self, run: Run) -> Iterator[Finding]:
        """What the rule finds in a run."""

    def why_not_compiled(self) -> None:
        return None  # rules are computed outside the engines

    def finding(
        self,
        message: str,
        suggestion: str,
        *,
        level: Level = "warning",
        layer: str | None = None,
        epoch: int | None = None,
        value: float | None = None,
        threshold: float | None = None,
        patch: list[PatchOperation] | None = None,
    ) -> Finding:
        """A finding of this rule."""
        numbers: dict[str, Any] = {"value": _rounded(value), "threshold": _rounded(threshold)}
        about: dict[str, Any] = {"layer": layer, "epoch": epoch, "patch": patch or None}
        return Finding(
            code=self.name, level=level, message=message, suggestion=suggestion, evidence=None, **about, **numbers
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


RULES = Registry[Rule]("rule")
