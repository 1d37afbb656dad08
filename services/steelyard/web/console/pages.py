"""The pages: templates alone. What they show, their scripts fetch from the API."""

from flask import Blueprint, render_template

console = Blueprint(
    "console", __name__, template_folder="templates", static_folder="static", static_url_path="/console/static"
)


@console.get("/")
def show_jobs() -> str:
    """The list of jobs, and a place to submit one."""
    return render_template("jobs.html")


@console.get("/console/jobs/<job_id>")
def show_job(job_id: str) -> str:
    """One job: its curve, its weights, its findings."""
    return render_template("job.html", job_id=job_id)
