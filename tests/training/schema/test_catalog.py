"""The schema of the catalog has a list for every family of components."""

from steelyard.training.catalog import catalog
from steelyard.training.components import REGISTRIES
from steelyard.training.schema.catalog import Catalog, CatalogComponent


def test_every_family_is_a_list_of_components() -> None:
    assert Catalog.model_fields.keys() == {"object", "data", "presets", "rules", *REGISTRIES}
    for family in REGISTRIES:
        field = Catalog.model_fields[family]
        assert field.annotation == list[CatalogComponent]
        assert field.is_required()


def test_the_catalog_is_read_back_as_it_was_written() -> None:
    made = catalog()
    assert Catalog.model_validate_json(made.model_dump_json()) == made
