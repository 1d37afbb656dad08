"""Models by id and by alias."""

import pytest
from sqlalchemy import Engine

from steelyard.errors import Conflict, NotFound, ValidationFailed
from steelyard.models import library
from steelyard.store.engine import reading
from tests.models.models import add_model


def test_a_model_is_found_by_its_id_and_by_each_of_its_aliases(engine: Engine) -> None:
    model_id = add_model(engine)
    for alias in ("live", "best"):
        library.set_alias(engine, model_id, alias)
    found = library.get_model(engine, model_id)
    assert (found.id, found.aliases) == (model_id, ["best", "live"])
    assert library.get_model(engine, "live") == library.get_model(engine, "best") == found
    with reading(engine) as connection:
        assert library.find_id(connection, "other") is None
        assert library.find_id(connection, "mdl_" + "0" * 26) is None
    with pytest.raises(NotFound, match="'other'"):
        library.get_model(engine, "other")


def test_an_alias_passes_on_to_another_model(engine: Engine) -> None:
    first, second = add_model(engine), add_model(engine)
    library.set_alias(engine, first, "live")
    library.set_alias(engine, second, "live")
    assert library.get_model(engine, "live").id == second
    assert library.get_model(engine, first).aliases == []
    with pytest.raises(NotFound, match="has no alias 'live'"):
        library.remove_alias(engine, first, "live")
    library.remove_alias(engine, second, "live")
    with pytest.raises(NotFound):
        library.get_model(engine, "live")


@pytest.mark.parametrize("alias", ["", "mdl_x", "Live", "-a", "a" * 65, "a b", "é"])
def test_an_alias_that_is_not_one_is_rejected(engine: Engine, alias: str) -> None:
    with pytest.raises(ValidationFailed):
        library.set_alias(engine, add_model(engine), alias)


@pytest.mark.parametrize("alias", ["a", "0", "a" * 64, "a.b_c-d", "mdlx"])
def test_an_alias_has_letters_digits_and_three_signs(engine: Engine, alias: str) -> None:
    model_id = add_model(engine)
    library.set_alias(engine, model_id, alias)
    assert library.get_model(engine, alias).id == model_id


def test_a_model_with_aliases_is_deleted_only_by_force(engine: Engine) -> None:
    model_id, other = add_model(engine), add_model(engine)
    library.set_alias(engine, model_id, "live")
    library.set_alias(engine, model_id, "best")
    with pytest.raises(Conflict, match="'best' and 'live'"):
        library.delete_model(engine, model_id)
    library.delete_model(engine, model_id, force=True)
    library.delete_model(engine, other)
    for gone in (model_id, other, "live"):
        with pytest.raises(NotFound):
            library.get_model(engine, gone)


def test_models_are_listed_newest_first_with_their_aliases(engine: Engine) -> None:
    ids = sorted((add_model(engine, name) for name in "abc"), reverse=True)
    library.set_alias(engine, ids[2], "oldest")
    page = library.list_models(engine, limit=2)
    assert [(model.id, model.aliases) for model in page.data] == [(ids[0], []), (ids[1], [])]
    rest = library.list_models(engine, limit=2, after=page.next)
    assert [(model.id, model.aliases) for model in rest.data] == [(ids[2], ["oldest"])]
    assert (page.has_more, rest.has_more) == (True, False)
