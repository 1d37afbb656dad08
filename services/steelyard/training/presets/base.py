"""What a preset is. It knows the fields of a job by their pointers only, so that the schema can list the presets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Setting:
    """The value of one field of a job, at a JSON Pointer, and where it comes from: `keras.Model.fit(epochs=1)`.

    With `where`, a pointer and a name, it is for jobs that have that component there; an empty name stands for any
    object. Of several settings for a field, the first that is for the job counts.
    """

    path: str
    value: Any
    source: str
    where: tuple[str, str] | None = None


@dataclass(frozen=True)
class PartDefaults:
    """The parameters of a component that a job names, such as the optimizer `adam`, and the class that they are of.

    `only_with` has parameters that are filled in only if another one is not 0.
    """

    family: str
    name: str
    values: Mapping[str, Any]
    source: str
    only_with: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Preset:
    """The defaults of a framework.

    Attributes:
        name: What a job names.
        framework: What people call it.
        version: The version whose defaults these are.
        settings: Fields that a job has left open.
        parts: Parameters of components that a job names.
        early_stopping: Parameters of an early stopping that a job names.
        losses: The setting of the loss by task, where it is not the usual one.
        alpha: The L2 penalty, ½ alpha Σ w² / rows of a batch, and its source.
        differences: What the framework does differently, although the settings are equal.
    """

    name: str
    framework: str
    version: str
    settings: tuple[Setting, ...]
    parts: tuple[PartDefaults, ...]
    early_stopping: PartDefaults | None = None
    losses: Mapping[str, Setting] = field(default_factory=dict)
    alpha: tuple[float, str] | None = None
    differences: tuple[str, ...] = ()

    def reason(self, source: str) -> str:
        """Why a setting was chosen: where it is documented."""
        return f"{self.framework} {self.version}: {source}"

    @property
    def all_parts(self) -> tuple[PartDefaults, ...]:
        """The components, with early stopping."""
        return self.parts if self.early_stopping is None else (*self.parts, self.early_stopping)

    def part(self, family: str, name: str) -> PartDefaults | None:
        """The defaults of a component, if the framework has it."""
        return next((part for part in self.parts if (part.family, part.name) == (family, name)), None)
