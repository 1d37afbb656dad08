"""Data sets: uploaded once, used by any number of jobs."""

from dataclasses import replace
from typing import Any

import orjson
from flask import Blueprint, Response, url_for

from steelyard.datasets import library
from steelyard.datasets.builtins import get_builtin, open_builtin_rows
from steelyard.datasets.change import read_change
from steelyard.datasets.library import Upload
from steelyard.datasets.reader_pool import Readers
from steelyard.datasets.schema import BuiltinDataset, Dataset, DatasetChange, DatasetList, DatasetRows
from steelyard.documents.writer import dump
from steelyard.errors import shown
from steelyard.http.idempotency import answer_once
from steelyard.http.pagination import CSV, as_csv, as_rows
from steelyard.http.query import AFTER, LIMIT, MOST_OFFSET, Query
from steelyard.http.routing import JSON, Operation, choose_form, read_json, reply, route, stream
from steelyard.http.services import service
from steelyard.http.uploads import READING, read_dialect, receive, require_name
from steelyard.settings import Settings
from steelyard.store import replies
from steelyard.store.engine import Engine
from steelyard.store.replies import Once
from steelyard.store.tempfiles import passing_file
from steelyard.tabular.readers.options import FORMATS
from steelyard.tabular.readers.unnamed_files import path_of

datasets = Blueprint("datasets", __name__)
NAME = Query("name", "string", "a label")
ROWS = Query("limit", "integer", "maximum number of rows", default=50, least=1, most=10_000)
ROW = Query("after", "integer", "number of rows to skip", default=0, least=0, most=MOST_OFFSET)


@route(
    datasets,
    "POST",
    "/v1/datasets",
    Operation(
        "Upload a data set",
        {201: Dataset},
        query=(NAME, *READING),
        files=True,
        keyed=True,
        problems=(400, 409, 413, 415, 422),
    ),
)
def create_dataset(*, name: str | None, **dialect: Any) -> Response:
    """Read and store a data file. Uploading the same bytes again returns the same data set."""
    engine, readers, most = service(Engine), service(Readers), service(Settings).max_dataset_bytes
    asked = read_dialect(**dialect)
    with receive(most) as sent:
        read_as = sent.dialect(asked)
        title = require_name(name or sent.name)
        upload = Upload(title, sent.media_type, read_as, sent.digest(), sent.bytes)

        def create(once: Once | None) -> bytes:
            found = library.find(engine, upload)
            if found is None:
                form = FORMATS[sent.media_type]
                with readers.read(sent.path, form, max_bytes=most, dialect=read_as) as parsed:
                    found = library.keep(engine, upload, sent.file, parsed)
            if found.name != title and title is not None:
                called = "without a name" if found.name is None else f"under the name {shown(found.name)}"
                note = f"the same bytes are already stored {called}; the name {shown(title)} is not used"
                found = found.model_copy(update={"note": note})
            answer = dump(found)
            if once is not None:  # after the data set is stored: a retry in between finds the same data set
                replies.keep_alone(engine, once, answer)
            return answer

        answer, headers = answer_once(create, body_sha256=upload.digest)
    headers["Location"] = url_for("datasets.get_dataset", dataset_id=orjson.loads(answer)["id"])
    return reply(answer, 201, headers=headers)


@route(
    datasets,
    "GET",
    "/v1/datasets",
    Operation("List data sets, newest first", {200: DatasetList}, query=(LIMIT, AFTER), problems=(400, 422)),
)
def list_datasets(*, limit: int, after: str | None) -> DatasetList:
    """The newest data sets."""
    return DatasetList.of(library.list_datasets(service(Engine), limit=limit, after=after))


@route(datasets, "GET", "/v1/datasets/<dataset_id>", Operation("Get a data set", {200: Dataset}, problems=(404,)))
def get_dataset(dataset_id: str) -> Dataset:
    """Describe the data set: each column with its kind and statistics."""
    return library.get(service(Engine), dataset_id)


@route(
    datasets,
    "PATCH",
    "/v1/datasets/<dataset_id>",
    Operation(
        "Rename a data set, or give types to its columns",
        {200: Dataset},
        body=DatasetChange,
        problems=(400, 404, 409, 413, 415, 422),
    ),
)
def change_dataset(dataset_id: str) -> Dataset:
    """Read the stored file again with the given types. A type of null removes the one given before."""
    engine, document = service(Engine), read_json()
    name, columns = read_change(document)
    media_type, dialect = library.read_with(engine, dataset_id)
    if not columns:
        return library.change(engine, dataset_id, name=name)
    given = {**dialect.columns, **columns}
    dialect = replace(dialect, columns={column: schema for column, schema in given.items() if schema is not None})
    most = service(Settings).max_dataset_bytes
    with passing_file() as file:
        _, _, pieces = library.read_content(engine, dataset_id)
        file.writelines(pieces)
        file.flush()
        form = FORMATS[media_type]
        with service(Readers).read(path_of(file), form, max_bytes=most, dialect=dialect) as parsed:
            return library.change(engine, dataset_id, name=name, dialect=dialect, parsed=parsed)


@route(
    datasets,
    "DELETE",
    "/v1/datasets/<dataset_id>",
    Operation("Delete a data set; jobs and models made from it are kept", {204: None}, problems=(404, 409)),
)
def delete_dataset(dataset_id: str) -> Response:
    """Delete the data set."""
    library.remove(service(Engine), dataset_id)
    return Response(status=204)


@route(
    datasets,
    "GET",
    "/v1/datasets/<dataset_id>/rows",
    Operation("Rows of a data set", {200: DatasetRows}, query=(ROWS, ROW), forms=(CSV,), problems=(404, 406, 422)),
)
def get_dataset_rows(dataset_id: str, *, limit: int, after: int) -> Response:
    """Rows as objects, or as CSV."""
    form = choose_form((JSON, CSV))
    found = library.open_rows(service(Engine), dataset_id, limit=limit, after=after)
    if form == JSON:
        return stream(as_rows(found), version=found.version)
    header = [column["name"] for column in library.get(service(Engine), dataset_id).columns]
    blocks = ([[*row.values()] for row in rows] for rows in found.rows)
    return stream(as_csv(header, blocks), version=found.version, content_type=CSV)


@route(
    datasets,
    "GET",
    "/v1/datasets/<dataset_id>/content",
    Operation("Download a data set's file", {200: None}, forms=tuple(FORMATS), problems=(404,)),
)
def get_dataset_content(dataset_id: str) -> Response:
    """The file."""
    media_type, size, pieces = library.read_content(service(Engine), dataset_id)
    return stream(pieces, version=("content", dataset_id), content_type=media_type, length=size)


@route(
    datasets,
    "GET",
    "/v1/builtins/<name>",
    Operation("Get a built-in data set", {200: BuiltinDataset}, problems=(404,)),
)
def describe_builtin(name: str) -> BuiltinDataset:
    """Describe each column of a data set that needs no upload, such as `iris`; `GET /v1/catalog` lists them."""
    return get_builtin(name)


@route(
    datasets,
    "GET",
    "/v1/builtins/<name>/rows",
    Operation("Rows of a built-in data set", {200: DatasetRows}, query=(ROWS, ROW), problems=(404, 422)),
)
def get_builtin_rows(name: str, *, limit: int, after: int) -> Response:
    """Rows as objects."""
    found = open_builtin_rows(name, limit=limit, after=after)
    return stream(as_rows(found), version=found.version)
