"""The rows that a job names: those inside it, a builtin, or data sets that were uploaded."""

from collections.abc import Callable, Iterator
from functools import partial

from steelyard.errors import Fault, NotFound, nearest, pointer, shown
from steelyard.nn.losses import LOSSES
from steelyard.tabular import builtin
from steelyard.tabular.column import Column
from steelyard.tabular.faults import refuse
from steelyard.tabular.json_table import DEFAULT_TARGETS
from steelyard.tabular.schema import read_schema, with_schema
from steelyard.tabular.supervision import Supervised, supervise
from steelyard.tabular.table import Table, stack
from steelyard.training.inline import Inline, read_stored
from steelyard.training.schema import JobSpec

COLUMNS = ("data", "columns")
Tables = Callable[[str], Table]  # the data set of an id; raises `NotFound`


def load_data(spec: JobSpec, inline: Inline | bytes | None, tables: Tables) -> Supervised:
    """The rows that `spec` names, those of other data sets for validation and test behind them.

    `inline` are those that came inside the request, or that are stored of it. Raises `ValidationFailed`.
    """
    data = spec.data
    schema = read_schema(data.columns or {}, *COLUMNS)
    table, targets = _load(spec, inline, tables)
    table = with_schema(table, schema, *COLUMNS)
    refuse(_marking_faults(spec, table))
    others = list(_other_tables(spec, table, lambda dataset: with_schema(tables(dataset), schema, *COLUMNS)))
    return supervise(
        stack([table, *others]) if others else table,
        targets,
        target=data.target,
        features=data.features,
        ignore=data.ignore,
        sample_weight=data.sample_weight,
        used=[name for _, name in marking_columns(spec, ("group", "column"))],
        task=spec.task,
        tasks=() if spec.loss is None else LOSSES[spec.loss.name].tasks,
    )


def datasets_of(spec: JobSpec) -> list[str]:
    """The ids of the data sets that a job needs."""
    named = [spec.data.dataset, *(holdout.dataset for holdout in (spec.validation, spec.test) if holdout is not None)]
    return sorted({each for each in named if each is not None})


def is_imported(spec: JobSpec) -> bool:
    """Whether this is the job of an imported model, which never had rows."""
    return spec.data.inline is not None and spec.data.inline.rows == 0


def why_no_data(spec: JobSpec, model: str = "the model") -> str:
    """Why the rows of a model's job are not there."""
    return f"{model} was imported without data" if is_imported(spec) else f"the data of {model}'s job was deleted"


def marking_columns(spec: JobSpec, keys: tuple[str, ...] = ("group", "time", "column")) -> Iterator[tuple[str, str]]:
    """The columns by which rows are kept back, each with its place in the job."""
    for part in ("validation", "test"):
        for key in keys:
            if (name := getattr(getattr(spec, part), key, None)) is not None:
                yield pointer(part, key), name


def _load(spec: JobSpec, inline: Inline | bytes | None, tables: Tables) -> tuple[Table, list[str]]:
    data = spec.data
    if inline is not None:
        return (read_stored(inline) if isinstance(inline, bytes) else inline).load()
    if data.dataset is not None:
        table = _find(data.dataset, pointer("data", "dataset"), tables)
        return table, [name for name in DEFAULT_TARGETS if name in table.columns][:1]
    if is_imported(spec):
        refuse([Fault(pointer("data", "inline"), "has no rows: the model of this job was imported")])
    assert data.builtin is not None
    parameters = {key: value for key in ("n_samples", "noise", "seed") if (value := getattr(data, key)) is not None}
    return builtin.load(data.builtin, **parameters), [builtin.TARGET]


def _find(dataset_id: str, place: str, tables: Tables) -> Table:
    try:
        return tables(dataset_id)
    except NotFound as error:
        refuse([Fault(place, f"is {shown(dataset_id)}; {error.detail}")])
        raise


def _marking_faults(spec: JobSpec, table: Table) -> Iterator[Fault]:
    for place, name in marking_columns(spec):
        if name not in table.columns:
            yield Fault(place, f"is {shown(name)}; no column has that name, {nearest(name, table.names)}")


def _other_tables(spec: JobSpec, table: Table, tables: Tables) -> Iterator[Table]:
    for part in ("validation", "test"):
        dataset_id = getattr(getattr(spec, part), "dataset", None)
        if dataset_id is not None:
            place = pointer(part, "dataset")
            other = _find(dataset_id, place, tables)
            refuse(map(partial(Fault, place), _differences(table, other)))
            yield other


def _differences(table: Table, other: Table) -> Iterator[str]:
    for name, column in table.columns.items():
        if name not in other.columns:
            yield f"has no column {shown(name)}, which the training data has"
        elif _form(column) != _form(other.columns[name]) and other.columns[name].missing < other.rows:
            is_text = column.type.encoding == "categories"
            hint = f"; upload it with ?texts={name} to read the column as strings" if is_text else ""
            found = f"has {other.columns[name].kind} values in {shown(name)}"
            yield f"{found}; the training data has {column.kind} values{hint}"


def _form(column: Column) -> str:
    """What the values of a column are; only columns of one form can stand in one."""
    return "categories" if column.type.encoding == "categories" else column.type.kind
