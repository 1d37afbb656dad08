"""The console's pages load nothing from other sites, and everything that they load is there."""

import re

import pytest
from flask.testing import FlaskClient

PAGES = (
    "/",
    "/console/compare",
    "/console/studies",
    "/console/lessons",
    "/console/lessons/07-he",
    "/docs",
    "/problems/conflict",
)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_other_sites_and_what_it_loads_is_there(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text
    for address in re.findall(r'(?:src|href)="(/(?:assets|console/static|console/files)/[^"]+)"', page.text):
        with client.get(address) as answer:
            assert answer.status_code == 200, address


def test_scripts_are_kept_by_browsers_until_their_content_changes(client: FlaskClient) -> None:
    [address] = re.findall(r'src="(/console/files/[^"]+/pages/home.js)"', client.get("/").text)
    with client.get(address) as answer, client.get(re.sub("files/[^/]+", "files/earlier", address)) as earlier:
        assert answer.cache_control.max_age == 31_536_000
        assert (earlier.data, earlier.cache_control.no_cache) == (answer.data, True)
    assert client.get("/console/files/x/../pages.py").status_code == 404


@pytest.mark.parametrize(
    "path", ["jobs/job_x", "models/model_x", "datasets/ds_x", "studies/mend_x", "studies/lab_x", "studies/x"]
)
def test_what_does_not_exist_is_a_page_with_404_that_says_so(client: FlaskClient, path: str) -> None:
    page = client.get(f"/console/{path}")
    assert page.status_code == 404
    assert page.content_type.startswith("text/html")
    assert "There is nothing here" in page.text
    assert path.split("/")[1] in page.text


def test_an_address_is_text_and_never_markup(client: FlaskClient) -> None:
    page = client.get("/console/jobs/%3Cb%3E%22")
    assert "<b>" not in page.text
    assert "&lt;b&gt;&#34;" in page.text
