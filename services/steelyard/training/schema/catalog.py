"""What clients see of the components that a job can use."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model

from steelyard.documents.schema import Answer
from steelyard.training.components import REGISTRIES

Value = bool | int | float | str | None


class CatalogParameter(Answer):
    """A parameter of a component."""

    name: str
    type: Annotated[str, Field(description="its type in JSON; `part` for another component")]
    default: Annotated[Value | list[Value], Field(description="null if it is required, or filled in from the job")]
    required: bool
    range: Annotated[list[str], Field(description="the bounds of its value")]


class CatalogComponent(Answer):
    """A component, such as a layer, an initializer or an optimizer."""

    name: str
    aliases: list[str]
    description: str
    formula: str
    latex: Annotated[str, Field(description="the formula of a part of the trainer, in LaTeX")] = ""
    gradient: Annotated[
        str, Field(description="of layers, activations, losses and regularizers: the derivatives that training uses")
    ] = ""
    gradient_latex: Annotated[str, Field(description="the same in LaTeX")] = ""
    source: str
    parameters: list[CatalogParameter]


class CatalogRule(CatalogComponent):
    """A rule that looks at runs. `name` is the code of its findings."""

    symptom: str
    consequence: str
    threshold: str
    remedy: str
    stage: Annotated[
        Literal["data", "start", "training", "units", "result"], Field(description="where what it finds comes from")
    ]


class BuiltinData(Answer):
    """A data set that is available without an upload."""

    name: str
    title: str
    task: str
    rows: int
    features: int
    generated: bool
    source: str


class CatalogSetting(Answer):
    """The value of one field that a preset fills in."""

    path: Annotated[str, Field(description="JSON Pointer (RFC 6901) into a job")]
    value: Any
    source: Annotated[str, Field(description="where the framework documents it")]
    where: Annotated[str | None, Field(description="only for jobs with this activation, or with this field")] = None
    task: Annotated[str | None, Field(description="only for this task")] = None


class CatalogPartDefaults(Answer):
    """The parameters that a preset gives to a component that a job names."""

    family: str
    name: str
    values: dict[str, Value]
    source: str


class CatalogPreset(Answer):
    """The defaults of another framework."""

    name: str
    framework: str
    version: str
    settings: list[CatalogSetting]
    components: list[CatalogPartDefaults]
    differences: Annotated[list[str], Field(description="what the framework does differently")]


class ActivationCurve(Answer):
    """An activation and its derivative at the points `x`."""

    value: list[float]
    slope: list[float]


class InitialDistribution(Answer):
    """The weights that an initializer draws."""

    edges: list[float]
    counts: list[int]
    mean: float
    std: float


class Curves(Answer):
    """Activations and initializers in numbers, with their default parameters.

    What has no curve is missing: an activation of whole rows, such as softmax.
    """

    object: Literal["curves"]
    x: Annotated[list[float], Field(description="weighted sums, at which activations are evaluated")]
    fan_in: int
    fan_out: int
    activations: dict[str, ActivationCurve]
    initializers: dict[str, InitialDistribution]


class CatalogBase(Answer):
    """Every component that a job can use, by family, and the built-in data sets."""

    object: Literal["catalog"]
    data: list[BuiltinData]
    presets: Annotated[list[CatalogPreset], Field(description="values of a job's `preset`")]
    rules: Annotated[list[CatalogRule], Field(description="rules that look at runs, which `diagnostics.rules` changes")]


if TYPE_CHECKING:

    class Catalog(CatalogBase):
        """The families are known at run time only."""

        def __init__(self, **fields: Any) -> None: ...

else:
    Catalog = create_model(
        "Catalog",
        __base__=CatalogBase,
        __doc__=CatalogBase.__doc__,
        **dict.fromkeys(REGISTRIES, (list[CatalogComponent], ...)),
    )
