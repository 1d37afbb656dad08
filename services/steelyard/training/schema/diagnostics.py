"""How a job changes the rules that look at its run."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, create_model

from steelyard.diagnostics.rules import RULES, Rule
from steelyard.diagnostics.schema import Finding
from steelyard.documents.schema import Answer, Strict
from steelyard.errors import shown
from steelyard.nn.component import parameters


def _settings_of(rule: type[Rule]) -> Any:
    """False, or the parameters of a rule."""
    fields: dict[str, Any] = {each.name: (each.hint, each.default) for each in parameters(rule)}
    model = create_model(f"{rule.__name__}Rule", __base__=Strict, __doc__=rule.__doc__, **fields)
    return (
        Annotated[
            Annotated[Literal[False], BeforeValidator(_require_off), Tag("(off)")] | Annotated[model, Tag("(object)")],
            Discriminator(lambda value: "(object)" if isinstance(value, (dict, Strict)) else "(off)"),
        ]
        | None
    )


def _require_off(value: Any) -> Any:
    if value is not False:
        raise ValueError(f"is {shown(value)}; it must be false, or an object with parameters of the rule")
    return value


class _Rules(Strict):
    model_config = ConfigDict(json_schema_serialization_defaults_required=False)  # to_json leaves out what is None


if TYPE_CHECKING:
    RuleSettings: TypeAlias = Strict
else:
    RuleSettings = create_model(
        "RuleSettings",
        __base__=_Rules,
        __doc__="Rules by code: `false` switches one off, an object changes its parameters.",
        **{rule.name: (_settings_of(rule), None) for rule in RULES},
    )


class Diagnostics(Strict):
    """Which rules look at the run, and with which parameters."""

    rules: RuleSettings = Field(RuleSettings(), description="rules that differ from their defaults, by code")

    def to_json(self) -> dict[str, Any]:
        """As it is stored: without the rules that are as by default."""
        return {"rules": self.rules.model_dump(mode="json", exclude_none=True)}


class Diagnosis(Answer):
    """What the rules find in a job that has ended."""

    object: Literal["diagnosis"]
    job: str
    rules: Annotated[dict[str, Any], Field(description="rules that were switched off or had other parameters, by code")]
    findings: list[Finding]
