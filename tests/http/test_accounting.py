"""Every answer is counted and logged; ids and methods that clients make up stay bounded."""

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from steelyard.http.accounting import METHODS, PROBES, REQUEST_ID, Meters, choose_id, make_meters


def lines(meters: Meters, name: str) -> list[str]:
    return [line for line in generate_latest(meters.registry).decode().splitlines() if line.startswith(name)]


@given(given_id=st.text(max_size=140))
def test_an_id_is_taken_over_only_if_it_can_stand_in_a_log(given_id: str) -> None:
    chosen = choose_id(given_id)
    assert REQUEST_ID.fullmatch(chosen)
    assert chosen.isascii()
    if chosen != given_id:
        assert not REQUEST_ID.fullmatch(given_id)
        assert chosen.startswith("req_")


@pytest.mark.parametrize("given_id", ["a", "A.b:c/d+e=f-g_1", "x" * 128])
def test_the_clients_id_is_kept(given_id: str) -> None:
    assert choose_id(given_id) == given_id


@pytest.mark.parametrize("given_id", [None, "", "x" * 129, "a b", "a\n", "é"])
def test_other_ids_are_replaced_by_new_ones(given_id: str | None) -> None:
    assert choose_id(given_id) != choose_id(given_id)


def test_answers_are_counted_by_method_route_and_status() -> None:
    meters = make_meters()
    for status, seconds in ((200, 0.02), (200, 0.03), (404, 0.01)):
        meters.account("req_1", "GET", "/v1/jobs/a", "/v1/jobs/<job_id>", status, seconds)
    labels = 'method="GET",route="/v1/jobs/<job_id>"'
    assert f'steelyard_http_requests_total{{{labels},status="200"}} 2.0' in lines(meters, "steelyard_http_requests")
    assert f'steelyard_http_requests_total{{{labels},status="404"}} 1.0' in lines(meters, "steelyard_http_requests")
    [total] = lines(meters, "steelyard_http_request_seconds_sum")
    assert float(total.split()[-1]) == pytest.approx(0.06)


def test_methods_that_clients_make_up_share_a_label() -> None:
    meters = make_meters()
    for method in (*METHODS, *(f"METHOD{number}" for number in range(50))):
        meters.account("req_1", method, "/", "none", 405, 0.0)
    assert len(lines(meters, "steelyard_http_requests_total")) == len(METHODS) + 1


def test_meters_of_two_applications_are_apart() -> None:
    one, other = make_meters(), make_meters()
    one.account("req_1", "GET", "/", "/", 200, 0.0)
    one.lost_rings.inc()
    assert lines(other, "steelyard_http_requests_total") == []
    assert lines(other, "steelyard_rings_lost_total") == ["steelyard_rings_lost_total 0.0"]


def test_an_answer_leaves_a_line_in_the_log_unless_it_was_a_probe() -> None:
    meters = make_meters()
    with structlog.testing.capture_logs() as lines:
        meters.account("req_7", "GET", "/v1/jobs/a", "/v1/jobs/<job_id>", 200, 0.12345)
        for probe in PROBES:
            meters.account("req_8", "GET", probe, probe, 200, 0.001)
    [line] = lines
    expected = {"event": "request", "request_id": "req_7", "method": "GET", "path": "/v1/jobs/a", "status": 200}
    assert expected.items() <= line.items()
    assert line["seconds"] == pytest.approx(0.1235, abs=1e-4)
