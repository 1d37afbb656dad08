"""The tables."""

from sqlalchemy import Engine, text

from steelyard.store.tables import Base


def test_postgresql_compresses_no_content(migrated_postgres: Engine) -> None:
    query = text("SELECT attrelid::regclass::text, attstorage FROM pg_attribute WHERE attname = 'content'")
    with migrated_postgres.connect() as connection:
        storage = {table: how for table, how in connection.execute(query) if table in Base.metadata.tables}
    assert storage == {name: "e" for name, table in Base.metadata.tables.items() if "content" in table.columns}
    assert len(storage) == 6
