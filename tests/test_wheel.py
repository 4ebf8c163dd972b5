"""A wheel carries all: installed in an empty environment, it runs the demo from any folder."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from agendas import ROOT
from serving import environment


def run(*words: object, cwd: Path) -> str:
    done = subprocess.run(
        list(map(str, words)),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env=environment() | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `pip wheel .` builds, from the files that git tracks."""
    folder = tmp_path_factory.mktemp("wheel")
    archive = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    source = folder / "source"
    for name in archive.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ".", cwd=source)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_puts_one_package_on_the_path_with_plugins_calendars_and_configuration(wheel: Path):
    """Nothing called `plugins`, `calendars` or `tests` on anybody's path."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"spro_agenda"}
    for name in (
        "plugins/storage.py",
        "calendars/region.toml",
        "calendars/28.ics",
        "commands/config.ini",
        "store/migrations/env.py",
        "store/migrations/versions/v0001_first_tables.py",
        "py.typed",
        "locale/fr/LC_MESSAGES/messages.mo",
    ):
        assert f"spro_agenda/{name}" in names


def test_the_wheel_in_an_empty_environment_runs_the_demo_from_any_folder(wheel: Path, tmp_path: Path):
    """With the dependencies that it declares, and nothing of this checkout."""
    venv.create(tmp_path / "env", with_pip=True)
    run(tmp_path / "env" / "bin" / "python", "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    elsewhere = tmp_path / "ailleurs"
    elsewhere.mkdir()
    shown = run(tmp_path / "env" / "bin" / "spro-agenda", "demo", cwd=elsewhere)
    assert "Rien ne tourne plus." in shown
    assert "28 Chartres, 28 Châteaudun et 28 Dreux" in " ".join(shown.split())
    assert [path.name for path in elsewhere.iterdir()] == ["agenda-2021.ics"]
