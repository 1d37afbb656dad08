"""How fast the console is in headless Chromium: first paint, a long list, the slider, a large network.

    python -m benchmarks.console [--results FOLDER]
    python -m benchmarks.console --watch-minutes 60 [--results FOLDER]

The second watches a job that trains, and the list of jobs in another tab, and measures their memory each minute.
`make bench-console` and `make bench-console MINUTES=60` write their parts of `benchmarks/results/console.md`. Chromium
draws without a graphics card here.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from sqlalchemy import insert, select
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.service import Service

from steelyard.store.engine import make_engine, reading, writing
from steelyard.store.ids import new_id
from steelyard.store.tables import Job

JOBS = 5_000
FRAMES = 240
SMALL: dict[str, Any] = {"data": {"builtin": "digits"}, "layers": [64, 32], "training": {"epochs": 64}}
LARGE: dict[str, Any] = {
    "data": {"builtin": "digits"},
    "layers": [1400, 1400],
    "training": {"epochs": 3},
    "recording": {"weights": [1, 2, 3]},
}
# The longest training. Its process is stopped for most of the time, so that it takes more than an hour.
LONG: dict[str, Any] = {
    "data": {"builtin": "digits"},
    "layers": [96, 48],
    "optimizer": {"name": "sgd", "learning_rate": 1e-4},
    "training": {"epochs": 100_000, "batch_size": 1, "early_stopping": None},
}
STOPPED_SECONDS, GOING_SECONDS = 1.2, 0.2
SHORT: dict[str, Any] = {"data": {"builtin": "iris"}, "layers": [8], "training": {"epochs": 20}}
WATCHED = "## Watching for an hour"
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
SORT = """() => {
  [...document.querySelectorAll(".sort")].find((each) => each.textContent === "Training").click();
  document.body.offsetHeight;
}"""
# The slider goes to and fro, a step in each frame; what is returned are the times between frames.
SCRUB = """async (frames) => {
  const slider = document.querySelector("#recording input[type=range]");
  const times = [];
  let last = performance.now(), step = 1;
  for (let frame = 0; frame < frames; frame += 1) {
    const next = slider.valueAsNumber + step;
    if (next > Number(slider.max) || next < Number(slider.min)) step = -step;
    slider.valueAsNumber += step;
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return times.slice(10).sort((one, other) => one - other);
}"""


def main() -> None:
    """Measure, print, and write the part of the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--watch-minutes", type=int, help="watch a job that trains for so long")
    parser.add_argument("--results", type=Path)
    chosen = parser.parse_args()
    minutes = chosen.watch_minutes
    with tempfile.TemporaryDirectory() as data, Service.start(Path(data), workers=2) as service, opened() as browser:
        lines = []
        for line in watch(service, browser, minutes) if minutes else measure(service, browser, Path(data)):
            print(line, flush=True)
            lines.append(line)
    if chosen.results is not None:
        write(chosen.results / "console.md", lines, is_watched=bool(minutes))


def write(page: Path, lines: list[str], *, is_watched: bool) -> None:
    """Replace one of the two parts of the page, and keep the other."""
    head = ["# The console", "", "`make bench-console` makes this page.", "", "| what | |", "| --- | ---: |"]
    first, mark, second = page.read_text().partition(WATCHED) if page.exists() else ("\n".join([*head, ""]), "", "")
    if is_watched:
        page.write_text("\n".join([first.rstrip(), "", WATCHED, "", *lines, ""]))
    else:
        page.write_text("\n".join([*head, *lines, ""]) + (f"\n{mark}{second}" if mark else ""))


@contextmanager
def opened() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--enable-precise-memory-info"])
        yield browser
        browser.close()


def measure(service: Service, browser: Browser, data: Path) -> Iterator[str]:
    """The lines of the table."""
    small = service.wait(service.post(SMALL)["id"])["id"]
    large = service.wait(service.post(LARGE)["id"], seconds=300)["id"]
    address = str(service.http.base_url)
    with page_of(browser, address, "/") as page:
        yield f"| first paint of the first page, no other job | {page.evaluate(PAINT):.0f} ms |"
    fill(data / "steelyard.db", small)
    with page_of(browser, address, "/") as page:
        page.locator("#jobs tbody tr").first.wait_for()
        yield f"| first paint of the first page, {JOBS:,} jobs | {page.evaluate(PAINT):.0f} ms |"
        yield from measure_list(page)
    with page_of(browser, address, f"/console/jobs/{small}") as page:
        yield f"| first paint of a job's page | {page.evaluate(PAINT):.0f} ms |"
        begin = time.perf_counter()
        page.locator(".scatterlayer .trace").first.wait_for(state="attached")
        yield f"| … until its first chart | {time.perf_counter() - begin:.2f} s |"
        yield from measure_slider(page, "64-64-32-10")
    with page_of(browser, address, f"/console/jobs/{large}") as page:
        yield from measure_slider(page, "64-1400-1400-10, 2 million weights")


@contextmanager
def page_of(browser: Browser, address: str, path: str) -> Iterator[Page]:
    """A page in a new window."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(path)
    page.wait_for_function(f"{PAINT} > 0")
    yield page
    context.close()


def fill(database: Path, job_id: str) -> None:
    """Copies of a job, as many as a list may have."""
    engine = make_engine(f"sqlite:///{database}")
    with reading(engine) as connection:
        row = dict(connection.execute(select(Job.__table__).where(Job.id == job_id)).one()._mapping)
    for _ in range(0, JOBS, 500):
        with writing(engine) as connection:
            copies = [row | {"id": new_id("job")} for _ in range(500)]
            connection.execute(insert(Job.__table__), copies)  # type: ignore[arg-type]
    engine.dispose()


def measure_list(page: Page) -> Iterator[str]:
    """How long it takes to scroll to the end of the list, and to sort it."""
    begin = time.perf_counter()
    while page.locator("#jobs tbody tr").count() < JOBS:
        page.mouse.wheel(0, 100_000)
        page.wait_for_timeout(20)
    yield f"| scrolling through {JOBS:,} jobs to the last | {time.perf_counter() - begin:.1f} s |"
    session = _clock(page)
    before = _busy_seconds(session)
    page.evaluate(SORT)
    busy = 1000 * (_busy_seconds(session) - before)
    yield f"| sorting them: processor time of the page's main thread | {busy:.0f} ms |"


def measure_slider(page: Page, network: str) -> Iterator[str]:
    """Time between frames while the slider moves a step in each."""
    begin = time.perf_counter()
    page.locator("#network").scroll_into_view_if_needed()
    page.locator("#network canvas[data-epoch]").first.wait_for()
    yield f"| {network}: until the network is drawn | {time.perf_counter() - begin:.2f} s |"
    page.evaluate(SCRUB, FRAMES)  # fetches what is not there yet
    session = _clock(page)
    before = _busy_seconds(session)
    times = page.evaluate(SCRUB, FRAMES)
    busy = 1000 * (_busy_seconds(session) - before) / FRAMES
    median, late = times[len(times) // 2], times[int(len(times) * 0.95)]
    yield f"| {network}: a frame while the slider moves, median and 95 % | {median:.1f} and {late:.1f} ms |"
    yield f"| {network}: processor time of the page's main thread for a frame | {busy:.1f} ms |"


def _clock(page: Page) -> CDPSession:
    """A session whose metrics count processor time, which other processes on the machine do not change."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    return session


def _busy_seconds(session: CDPSession) -> float:
    """The processor time of the page's main thread so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


def watch(service: Service, browser: Browser, minutes: int) -> Iterator[str]:
    """The memory of a job's page and of the list of jobs, each minute.

    Meanwhile the job trains, its recording is played once a minute, and a short job is added to the list.
    """
    job = service.post(LONG)["id"]
    address = str(service.http.base_url)
    yield "A job trains; its page and the list of jobs are open. Each minute a short job is added, the recording is"
    yield "played, garbage is collected, and then this is measured (heap in MB, DOM nodes, event listeners):"
    yield ""
    yield "| minute | epoch | job: heap | nodes | listeners | list: heap | nodes | listeners |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    with page_of(browser, address, f"/console/jobs/{job}") as page, page_of(browser, address, "/") as jobs:
        page.locator("#play").wait_for()
        sessions = [each.context.new_cdp_session(each) for each in (page, jobs)]
        begin = time.monotonic()
        for minute in range(1, minutes + 1):
            service.post(SHORT | {"name": f"short {minute}"})
            page.locator("#play").click()
            while time.monotonic() < begin + 60 * minute:
                slow_down(service, page)
            cells = [cell for session in sessions for cell in _memory(session)]
            yield f"| {minute} | {service.get(job)['progress']['epoch']:,} | {' | '.join(cells)} |"
    service.http.post(f"/v1/jobs/{job}/cancel")


def slow_down(service: Service, page: Page) -> None:
    """Let the training processes run for a part of the time."""
    processes = service.training_processes()
    for act, seconds in (("suspend", STOPPED_SECONDS), ("resume", GOING_SECONDS)):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                getattr(process, act)()
        page.wait_for_timeout(1000 * seconds)


def _memory(session: CDPSession) -> list[str]:
    """The heap, DOM nodes and listeners of a page, without garbage."""
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    heap = f"{metrics['JSHeapUsedSize'] / 1e6:.1f}"
    return [heap, f"{metrics['Nodes']:,.0f}", f"{metrics['JSEventListeners']:,.0f}"]


if __name__ == "__main__":
    main()
