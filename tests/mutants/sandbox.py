"""A copy of the project in which sources are broken, and tests run in forked processes.

A child starts with everything imported that is not ours, so that a run of a test file takes as long as its tests.
"""

import contextlib
import importlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OURS = ("steelyard", "steelyard_worker", "tests", "benchmarks", "conftest")
OPTIONS = [
    "-x",
    "-q",
    "-p",
    "no:cacheprovider",
    "--hypothesis-seed=0",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
]
COMPILED = "steelyard/nn/engines/compiled"


class Sandbox:
    """A copy of the project. `folder` is its root; `stamp` says what its kernels on disk were made from."""

    def __init__(self, folder: Path, stamp: str) -> None:
        self.folder, self._stamp = folder, stamp
        self._log = folder / "tests.log"

    def path(self, module: str) -> Path:
        """The source of a module: of `nn/losses`, `services/steelyard/nn/losses.py`."""
        return self.folder / "services" / "steelyard" / f"{module}.py"

    def warm_up(self, tests: Sequence[str]) -> float:
        """Run tests on the sources as they are, and import what they import; the seconds of another run."""
        listing = self.folder / "modules"
        self._require_success(self.run(tests, listing=listing))
        for name in listing.read_text().split():
            if name.split(".")[0] not in OURS:
                with contextlib.suppress(Exception):
                    importlib.import_module(name)
        start = time.monotonic()
        self._require_success(self.run(tests))
        return time.monotonic() - start

    def _require_success(self, status: int) -> None:
        if status != 0:
            raise SystemExit(f"the tests end with {status} before anything is broken:\n{self._log.read_text()[-3000:]}")

    @contextmanager
    def broken(self, module: str, text: str) -> Iterator[None]:
        """The project with another text for one of its sources."""
        path = self.path(module)
        original = path.read_text()
        path.write_text(text)
        try:
            yield
        finally:
            path.write_text(original)

    def run(self, tests: Sequence[str], *, module: str = "", seconds: float = 600, listing: Path | None = None) -> int:
        """The exit status of pytest in a child; -1 if it took longer than `seconds`."""
        child = os.fork()
        if child == 0:
            os._exit(self._child(tests, module, listing))
        ended, _, _ = select.select([descriptor := os.pidfd_open(child)], [], [], seconds)
        os.close(descriptor)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what the tests started, too
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status) if ended else -1

    def _child(self, tests: Sequence[str], module: str, listing: Path | None) -> int:
        os.setsid()
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.dont_write_bytecode = listing is None
        for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
            del sys.modules[name]
        try:
            if module.startswith("nn/"):
                _compile_anew(module, self._stamp)
            import pytest
            from hypothesis import Phase, settings

            # An example that fails is enough: what the smallest one is does not matter here. A fault that a quarter of
            # the usual examples does not show is rare enough to be looked at.
            quick: dict[str, Any] = {"phases": [Phase.explicit, Phase.generate], "max_examples": 25, "database": None}
            settings.register_profile("mutants", **quick)
            settings.load_profile("mutants")
            return pytest.main([*tests, *OPTIONS])
        except BaseException:  # a mutant may raise anything while it is imported
            traceback.print_exc()
            return 1
        finally:
            if listing is not None:
                listing.write_text("\n".join(sys.modules))


def _compile_anew(module: str, stamp: str) -> None:
    """Let no mutant be answered by kernels that another text made.

    Kernels are kept by the text of their formulas, and by a digest of all of `nn`. A mutant of what kernels are made
    from compiles its own, and keeps them nowhere. For any other the digest is left as it was: a formula that was
    changed is compiled all the same, and what was not changed need not be.
    """
    build = importlib.import_module(f"{COMPILED.replace('/', '.')}.build")
    if f"steelyard/{module}".startswith(COMPILED):
        folder = Path(tempfile.mkdtemp(dir=Path.cwd()))
        build._folder = lambda: folder
    else:
        build._stamp = lambda: stamp


@contextmanager
def sandbox(root: Path) -> Iterator[Sandbox]:
    """A copy of the files that git knows, or would; and the process moved into it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True
    )
    with tempfile.TemporaryDirectory(prefix="steelyard-mutants-") as name:
        folder = Path(name)
        for file in filter(None, listed.stdout.split("\0")):
            if (root / file).is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / file, folder / file)
        os.chdir(folder)
        paths = [str(folder), str(folder / "services"), str(folder / "worker")]
        sys.path[:0] = paths
        os.environ |= {"PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        kernels = root / "services" / COMPILED / "__pycache__"
        shutil.copytree(kernels, folder / kernels.relative_to(root), dirs_exist_ok=True)
        asked = "from steelyard.nn.engines.compiled import build; print(build._stamp())"
        yield Sandbox(folder, subprocess.check_output([sys.executable, "-c", asked], text=True).strip())
        os.chdir(root)
