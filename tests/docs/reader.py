"""Set up the interpreter of a reader who has installed `mlefit[plot]` and nothing else."""

import os
import subprocess
import sys
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

__all__ = ["interpreter", "run_in"]

_EXTRA = "plot"


def interpreter(folder: Path, *, root: Path) -> Path:
    """Return the Python of a new environment with mlefit from its wheel, and what that requires.

    The wheel is built from `root` and installed. What its metadata require, and what that requires
    in turn, is linked from the environment that runs the tests: torch alone weighs a gigabyte.
    Nothing else can be imported: no pandas, no scipy, no IPython.
    """
    wheel = _wheel(folder, root)
    environment = folder / "env"
    _run([sys.executable, "-m", "venv", "--without-pip", str(environment)])
    python = environment / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    _run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)])

    packages = next(environment.glob("lib/python*/site-packages"))
    installed = PathDistribution(next(packages.glob("mlefit-*.dist-info")))
    for required in _required(installed, _EXTRA).values():
        _link(required, packages)
        _write_commands(required, python)
    return python


def run_in(folder: Path, command: list[str], *, words: str = "", **environment: str) -> str:
    """Run a command in a folder, hand it words, and return what it writes.

    Of the environment's variables it sees those that a shell needs, and the ones given.
    """
    own = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
    threads = {"OMP_NUM_THREADS": "1"}  # as in the notebooks: sums keep their order
    return _run(command, cwd=folder, env=own | threads | environment, input=words)


def _wheel(folder: Path, root: Path) -> Path:
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=root)
    return next(folder.glob("mlefit-*.whl"))


def _required(package: Distribution, extra: str = "") -> dict[str, Distribution]:
    """Return the distributions that one needs, directly or not, by name."""
    found: dict[str, Distribution] = {}
    for requirement in map(Requirement, package.requires or []):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            needed = distribution(requirement.name)
            found |= {requirement.name: needed, **_required(needed)}
    return found


def _link(package: Distribution, packages: Path) -> None:
    """Link all that a distribution has in site-packages; folders may be shared, as `nvidia`."""
    for name in {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}:
        if not (packages / name).exists():
            (packages / name).symlink_to(str(package.locate_file(name)))


def _write_commands(package: Distribution, python: Path) -> None:
    """Write the commands that a distribution installs, such as torchrun."""
    for entry in package.entry_points.select(group="console_scripts"):
        script = python.with_name(entry.name)
        lines = (f"#!{python}", "import sys", f"from {entry.module} import {entry.attr} as main")
        script.write_text("\n".join([*lines, "sys.exit(main())", ""]), encoding="utf-8")
        script.chmod(0o755)


def _run(command: list[str], **options: object) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert result.returncode == 0, f"{command}\n{result.stderr}"
    return str(result.stdout)
