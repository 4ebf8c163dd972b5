"""Calendars that no one here wrote: those of other projects' own tests, fetched once and kept beside the packages.

The sources of two packages come through pip, in the versions that are installed; those of two of Debian's through
apt-get. Nothing of them is copied into the repository. Both clients find their servers as the machine has them set up.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(sys.prefix) / "foreign-calendars"
"""In the virtual environment, so that it goes where the environment goes."""

PYTHON_PACKAGES = ("icalendar", "recurring-ical-events")
DEBIAN_PACKAGES = ("kcalcore", "libical3")
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


@dataclass(frozen=True, slots=True)
class Foreign:
    """One file of a package: `name` is `package: path in its source`."""

    name: str
    data: bytes


class NotToBeHad(Exception):
    """The calendars could not be fetched; says what was tried and what to type."""


@cache
def calendars() -> tuple[Foreign, ...]:
    """Every `.ics` of the four packages, by name. Raises NotToBeHad."""
    return tuple(sorted(_files(".ics"), key=lambda each: each.name))


@cache
def answers() -> dict[str, str]:
    """kcalcore's reference answers, by the name of their calendar: the days on which it takes place, one a line."""
    return {each.name.removesuffix(".recurson.ref"): each.data.decode() for each in _files(".recurson.ref")}


def _files(ending: str) -> Iterator[Foreign]:
    for package, archive in _archives():
        with tarfile.open(archive) as source:
            for member in source:
                if member.isfile() and member.name.endswith(ending):
                    content = source.extractfile(member)
                    assert content is not None
                    yield Foreign(f"{package}: {member.name.partition('/')[2]}", content.read())


def _archives() -> Iterator[tuple[str, Path]]:
    for package in PYTHON_PACKAGES:
        yield package, _kept(f"{package}-{version(package)}", lambda folder, name=package: _by_pip(name, folder))
    for package in DEBIAN_PACKAGES:
        yield package, _kept(package, lambda folder, name=package: _by_apt(name, folder))


def _kept(name: str, fetch: Callable[[Path], None]) -> Path:
    """The archive of that name, fetched unless it has been."""
    kept = FOLDER / name
    if not kept.is_dir():
        FOLDER.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER, ignore_cleanup_errors=True) as scratch:
            fetched = Path(scratch) / "fetched"
            fetched.mkdir()
            fetch(fetched)
            if not kept.is_dir():  # another run may have come first
                fetched.rename(kept)
    return next(path for path in kept.iterdir() if ".tar." in path.name)


def _by_pip(package: str, folder: Path) -> None:
    words = ["--no-deps", "--no-binary", package, "--dest", str(folder), f"{package}=={version(package)}"]
    _run([sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", *words])


def _by_apt(package: str, folder: Path) -> None:
    """With lists of its own: the machine's need not have sources, and nothing of the machine changes."""
    if shutil.which("apt-get") is None:
        raise NotToBeHad(f"The sources of {package} come from Debian: run these tests where there is apt-get.")
    with tempfile.TemporaryDirectory() as scratch:
        apt = _apt_of(Path(scratch))
        _run([*apt, "update"])
        _run([*apt, "source", "--download-only", "--tar-only", package], cwd=folder)


def _apt_of(scratch: Path) -> list[str]:
    """apt-get with the machine's Debian servers as servers of sources."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (scratch / folder).mkdir(parents=True)
    lists = ["-o", f"Dir::State::Lists={scratch / 'lists'}", "-o", f"Dir::Cache={scratch / 'cache'}"]
    quiet = ["-q", "-q", "-o", "APT::Sandbox::User=root"]
    sources = _debian_sources([])
    if not sources:  # a fresh machine has no list yet
        _run(["apt-get", *lists, *quiet, "update"])
        sources = _debian_sources(lists)
    if not sources:
        raise NotToBeHad("No server of Debian is set up for apt-get here.")
    (scratch / "sources.list").write_text(sources)
    only = ["-o", f"Dir::Etc::SourceList={scratch / 'sources.list'}", "-o", "Dir::Etc::SourceParts=/dev/null"]
    return ["apt-get", *lists, *quiet, *only]


def _debian_sources(lists: list[str]) -> str:
    line = f"deb-src [signed-by={_KEYRING}] $(REPO_URI) $(RELEASE) $(COMPONENT)"
    words = ["indextargets", "--format", line, "Created-By: Packages", "Origin: Debian"]
    found = subprocess.run(["apt-get", *lists, *words], check=False, capture_output=True, text=True).stdout
    return "".join(sorted({f"{each}\n" for each in found.splitlines()}))


def _run(words: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(words, check=False, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        shown = done.stderr.strip().splitlines()[-8:]
        raise NotToBeHad("\n".join([f"This failed, and the tests need what it fetches: {' '.join(words)}", *shown]))
