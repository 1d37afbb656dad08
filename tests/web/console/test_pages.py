"""The console's pages load nothing from other sites, and everything that they load is there."""

import re

import pytest
from flask.testing import FlaskClient

PAGES = ("/", "/docs", "/console/jobs/job_x", "/problems/conflict")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_other_sites_and_what_it_loads_is_there(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text
    for address in re.findall(r'(?:src|href)="(/(?:assets|console/static)/[^"]+)"', page.text):
        with client.get(address) as answer:
            assert answer.status_code == 200, address


def test_the_page_of_a_job_has_its_id_as_text_and_never_as_markup(client: FlaskClient) -> None:
    assert 'data-id="job_x"' in client.get("/console/jobs/job_x").text
    assert 'data-id="&lt;b&gt;&#34;"' in client.get("/console/jobs/%3Cb%3E%22").text
