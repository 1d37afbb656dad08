"""Answers as objects: what a finding and a job say of themselves."""

from steelyard.client.answers import Finding, JobFacts

FINDING = {"code": "dead_units", "level": "warning", "message": "All are dead.", "suggestion": "Use leaky_relu."}
JOB = {"id": "job_1", "status": "succeeded", "metrics": {"validation": {"accuracy": 0.98765}}, "findings": [FINDING]}


def test_a_finding_reads_as_a_sentence_and_keeps_its_patch() -> None:
    finding = Finding.of({**FINDING, "patch": [{"op": "replace", "path": "/activation", "value": "tanh"}]})
    assert str(finding) == "warning: All are dead. Use leaky_relu."
    assert finding.patch == ({"op": "replace", "path": "/activation", "value": "tanh"},)
    assert Finding.of(FINDING).patch is None
    assert "document" not in repr(finding)


def test_a_job_shows_its_status_and_score() -> None:
    job = JobFacts(None, JOB)
    assert repr(job) == "<JobFacts job_1 succeeded, accuracy 0.9877>"
    assert job.has_ended
    assert [finding.code for finding in job.findings] == ["dead_units"]
    running = JobFacts(None, {**JOB, "status": "running", "metrics": {}})
    assert (repr(running), running.has_ended) == ("<JobFacts job_1 running>", False)
