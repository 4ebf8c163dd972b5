"""The programs of others that are run against our server, each in an environment of its own: see `make conformance`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENTS = ROOT / ".venv-conformance"
LONGEST_S = 300

TOLD, FIGURES = "tool", "figures"
"""Names of what a test's report carries for the table: the tool it runs, and figures of its own in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program under the name that its publisher gives it, and the version that is installed."""

    name: str
    version: str


def of_python(name: str) -> Tool:
    """A tool from PyPI, in `.venv-conformance/NAME`."""
    words = [python_of(name), "-c", f"from importlib.metadata import version; print(version({name!r}))"]
    return Tool(name=name, version=_told(words))


def of_debian(name: str) -> Tool:
    """A tool from Debian's packages."""
    return Tool(name=name, version=_told(["dpkg-query", "--show", "--showformat", "${Version}", name]))


def of_npm(name: str) -> Tool:
    """A tool from npm, in `.venv-conformance/NAME`."""
    manifest = ENVIRONMENTS / name / "node_modules" / name / "package.json"
    return Tool(name=name, version=json.loads(manifest.read_text("utf-8"))["version"])


def python_of(name: str) -> str:
    """The interpreter of a tool's environment."""
    return program_of(name, "python")


def program_of(name: str, program: str) -> str:
    """A program in a Python tool's environment."""
    return str(ENVIRONMENTS / name / "bin" / program)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a program answered. `told` is its standard output and error."""

    code: int
    out: str
    told: str


def run(words: Sequence[str], home: Path, *, more: Mapping[str, str] | None = None, typed: str = "") -> Ran:
    """Run a program with `home` as its user's home; `more` is further environment."""
    done = subprocess.run(
        words,
        cwd=home,
        env=environment(home, more),
        input=typed,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    return Ran(code=done.returncode, out=done.stdout, told=done.stdout + done.stderr)


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which a program finds no settings but those of `home`, and speaks French hours and plain
    English."""
    kept = {name: os.environ[name] for name in ("PATH", "CI") if name in os.environ}
    return {**kept, "HOME": str(home), "TZ": "Europe/Paris", "LC_ALL": "C.UTF-8", **(more or {})}


def _told(words: Sequence[str]) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
