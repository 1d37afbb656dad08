# ruff: noqa: ARG002 -- parts take what their family gives them
"""Parts that the trainer has never seen train at once, by the engine that can run them."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from steelyard.errors import InvalidParameter
from steelyard.nn.component import Part
from steelyard.nn.layers import Dense, Dropout, Residual
from steelyard.nn.optimizers import Optimizer, Rule
from steelyard.nn.schedules import ReduceOnPlateau
from steelyard.nn.training.early_stopping import EarlyStopping
from tests.nn import newcomers as new
from tests.nn.engines.test_support import training_with
from tests.nn.networks import make_training

NEW: list[tuple[str, Part, str]] = [
    ("loss", new.CosineDistance(), "numpy"),
    ("loss", new.CrammerSinger(), "numpy"),
    ("loss", new.Charbonnier(), "compiled"),
    ("activation", new.Cube(), "compiled"),
    ("activation", new.Wave(), "numpy"),
    ("activation", new.Wave("cosine"), "numpy"),
    ("optimizer", new.Slots4(), "compiled"),
    ("optimizer", new.Lars(), "numpy"),
    ("optimizer", new.Backtracking(), "numpy"),
    ("layer", new.Gate(), "numpy"),
    ("initializer", new.Checkered(), "compiled"),
    ("metric", new.RootError(), "compiled"),
    ("regularizer", new.GroupLasso(), "numpy"),
    ("regularizer", new.LogPenalty(), "compiled"),
    ("constraint", new.Centered(), "numpy"),
    ("gradient clip", new.BySign(0.01), "numpy"),
    ("schedule", new.Sawtooth(), "compiled"),
]


@pytest.mark.parametrize(("family", "part", "engine"), NEW, ids=[f"{family}-{part}" for family, part, _ in NEW])
def test_new_parts_train_at_once_by_the_engine_that_can(family: str, part: Part, engine: str) -> None:
    chosen, reference = training_with(family, part), training_with(family, part, compiled=False)
    assert chosen.engine == engine
    assert (part.why_not_compiled() or "") in (chosen.why_not_compiled or "")
    size = np.abs(reference.network.parameters).max()
    np.testing.assert_allclose(chosen.network.parameters, reference.network.parameters, rtol=1e-12, atol=1e-12 * size)
    assert chosen.optimizer_state.scalars == reference.optimizer_state.scalars
    for name, slot in reference._steps.slots.items():
        np.testing.assert_allclose(chosen._steps.slots[name], slot, rtol=1e-11, atol=1e-12 * np.abs(slot).max())
    assert chosen.epochs_seen[-1].values["loss"] < chosen.epochs_seen[0].values["loss"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("part", [new.Slots4(), new.Lars()], ids=lambda part: part.name)
def test_the_state_of_a_new_optimizer_goes_on_by_name(part: Optimizer, dtype: str) -> None:
    whole = make_training(optimizer=part, dtype=dtype)
    expected = list(whole.run())
    cut = make_training(optimizer=part, dtype=dtype)
    seen = [event for _, event in zip(range(7), cut.run(), strict=False)]
    state = cut.state()
    assert {*state["slots"]} == {*part.slots}
    assert {*state["scalars"]} == {*part.scalars}
    state["slots"] = dict(reversed(state["slots"].items()))
    resumed = make_training(optimizer=part, dtype=dtype, seed=99)
    resumed.restore(state)
    assert seen + list(resumed.run()) == expected
    assert resumed.network.parameters.tobytes() == whole.network.parameters.tobytes()


def test_a_rule_whose_names_do_not_agree_is_rejected_before_its_first_step() -> None:
    @dataclass(frozen=True)
    class Misnamed(new.Slots4):
        @property
        def slots(self) -> tuple[str, ...]:
            return ("mean", "square", "largest", "speed")

    @dataclass(frozen=True)
    class Incomplete(new.Slots4):
        def coefficients(self, numbers: Any, rates: Any, scalars: Any) -> dict[str, Any]:
            return {"rate": rates, "decay": 0.9}

    for rule, message in ((Misnamed(), "slots mean, square, largest, speed"), (Incomplete(), "'share'")):
        for compiled in (False, True):
            with pytest.raises(TypeError, match=message):
                make_training(optimizer=rule, compiled=compiled)


def test_scalars_of_one_training_are_not_anothers() -> None:
    kept = {"product": 1.0}

    @dataclass(frozen=True)
    class Shared(new.Slots4):
        @property
        def scalars(self) -> dict[str, float]:
            return kept

    for compiled in (False, True):
        list(make_training(optimizer=Shared(), compiled=compiled).run())
    assert kept == {"product": 1.0}


@pytest.mark.parametrize("slots", [0, 5])
def test_a_rule_may_have_any_number_of_slots(slots: int) -> None:
    names = [f"slot_{number}" for number in range(slots)]
    lines = [f"def move(w, g, {''.join(f'{name}, ' for name in names)}rate):"]
    lines += [f"    {name} = 0.5 * {name} + {number + 1}.0 * g" for number, name in enumerate(names)]
    lines += [f"    return w - rate * ({' + '.join([*names, 'g'])}), {''.join(f'{name}, ' for name in names)}"]
    scope: dict[str, Any] = {"__name__": __name__}  # which kernels on the disk name
    exec("\n".join(lines), scope)

    @dataclass(frozen=True)
    class Many(new.Named, Rule):
        name: ClassVar = "several"
        slots: ClassVar = tuple(names)
        move: ClassVar = staticmethod(scope["move"])

        def coefficients(self, numbers: Any, rates: Any, scalars: Any) -> dict[str, Any]:
            return {"rate": rates}

    chosen, reference = training_with("optimizer", Many()), training_with("optimizer", Many(), compiled=False)
    assert chosen.engine == "compiled"
    assert {*chosen._steps.slots} == {*names}
    for mine, theirs in zip(chosen._steps.slots.values(), reference._steps.slots.values(), strict=True):
        assert np.abs(theirs).max() > 0
        np.testing.assert_allclose(mine, theirs, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(chosen.network.parameters, reference.network.parameters, rtol=1e-11, atol=1e-12)


def test_a_new_search_takes_all_rows_and_only_layers_that_repeat_their_values() -> None:
    assert make_training(optimizer=new.Backtracking(), batch_size=4)._batches.count == 1
    with pytest.raises(InvalidParameter, match="dropout"):
        make_training((Residual((Dense(4), Dropout(0.5))),), optimizer=new.Backtracking())
    with pytest.raises(InvalidParameter, match="schedule"):
        make_training(optimizer=new.Backtracking(), schedule=new.Sawtooth())


def test_what_is_monitored_must_be_measured() -> None:
    for options in ({"schedule": ReduceOnPlateau()}, {"early_stopping": EarlyStopping()}):
        with pytest.raises(InvalidParameter, match="val_loss"):
            make_training(**options)
