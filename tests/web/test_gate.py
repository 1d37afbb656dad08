"""Which requests are let in: those to the service's own names, and writes from its own pages or from programs."""

import pytest

from steelyard.errors import Forbidden, SteelyardError
from steelyard.settings import Settings, SettingsError, load
from steelyard.web.gate import Gate


def gate(host: str = "127.0.0.1", names: str = "") -> Gate:
    return Gate(Settings(host=host, allowed_hosts=names, allow_open=True))


OPEN = {"host": "0.0.0.0", "names": "api,train.example.com"}


@pytest.mark.parametrize(
    ("host", "settings"),
    [
        ("127.0.0.1:8000", {}),
        ("localhost", {}),
        ("LOCALHOST:80", {}),
        ("[::1]:8000", {}),
        ("localhost.", {}),
        ("10.1.2.3:8000", {"host": "10.1.2.3"}),
        ("api:8000", OPEN),
        ("Train.Example.COM", OPEN),
        ("192.168.7.7:8000", OPEN),
        ("[fd00::1]:8000", OPEN),
        ("anything.example", {"names": "*"}),
    ],
)
def test_its_own_names_are_let_in(host: str, settings: dict[str, str]) -> None:
    for _ in range(2):
        gate(**settings).check("POST", {"host": host})


@pytest.mark.parametrize(
    ("host", "settings"),
    [
        ("evil.example", {}),
        ("evil.example:8000", {}),
        ("127.0.0.1.evil.example", {}),
        ("localhost.evil.example", {}),
        ("evil.example", OPEN),
        ("sub.train.example.com", OPEN),
        ("10.1.2.3", {}),
        ("localhost and evil.example", {}),
        ("localhost@evil.example", {}),
        ("evil.example\\@localhost", {}),
        ("[::1", {}),
        ("", {}),
    ],
)
def test_other_names_are_refused_for_reading_too(host: str, settings: dict[str, str]) -> None:
    ours = gate(**settings)
    for method in ("GET", "POST"):
        with pytest.raises(SteelyardError):
            ours.check(method, {"host": host})


LOCAL = {"host": "127.0.0.1:8000"}


@pytest.mark.parametrize(
    ("headers", "settings"),
    [
        (LOCAL, {}),
        (LOCAL | {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}, {}),
        (LOCAL | {"sec-fetch-site": "none"}, {}),
        ({"host": "api:80", "origin": "https://train.example.com"}, OPEN),
        (LOCAL | {"origin": "http://evil.example"}, {"names": "*"}),
    ],
)
def test_writes_from_its_own_pages_and_from_programs_are_let_in(
    headers: dict[str, str], settings: dict[str, str]
) -> None:
    gate(**settings).check("DELETE", headers)


@pytest.mark.parametrize(
    "foreign",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_writes_from_foreign_pages_are_refused_and_reading_is_the_browser_s_to_refuse(foreign: dict[str, str]) -> None:
    gate().check("GET", LOCAL | foreign)
    with pytest.raises(SteelyardError):
        gate().check("POST", LOCAL | foreign)


def test_a_refusal_names_the_setting() -> None:
    with pytest.raises(Forbidden, match="STEELYARD_ALLOWED_HOSTS"):
        gate().check("GET", {"host": "evil.example"})


@pytest.mark.parametrize("wrong", ["http://a", "a:80", "a/b", "a b", "u@a"])
def test_a_setting_that_is_no_name_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_ALLOWED_HOSTS", f"fine.example,{wrong}")
    with pytest.raises(SettingsError, match="STEELYARD_ALLOWED_HOSTS"):
        load()
