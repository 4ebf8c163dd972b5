"""The README's commands are run, in order, as they stand; its settings and files exist."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from agendas import CALENDARS, ROOT
from serving import PASSWORD, environment, eventually, free_port

from spro_agenda.model import Kind

README = (ROOT / "README.md").read_text("utf-8")
LOGINS = ("chef", "marie", "luc", "christine")


def commands() -> list[str]:
    """Every line that a reader is told to type, in order."""
    blocks = re.findall(r"^```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def test_every_command_of_the_readme_works(tmp_path: Path):
    """In one folder, with the calendars of the checkout and a file for each password."""
    shutil.copytree(CALENDARS, tmp_path / "calendars")
    shutil.copytree(ROOT / "docs" / "exemples", tmp_path / "docs" / "exemples")
    for login in LOGINS:
        (tmp_path / f"{login}.secret").write_text(f"{PASSWORD}\n")
    port = free_port()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    servers = []
    try:
        for command in commands():
            typed = command.replace("5232", str(port))
            if typed.endswith("&"):
                servers.append(
                    subprocess.Popen(
                        ["bash", "-c", f"exec {typed.removesuffix('&')}"],
                        cwd=tmp_path,
                        stderr=subprocess.PIPE,
                        text=True,
                        env=environment() | {"PATH": path},
                    )
                )
                said = servers[-1].stderr.readline()
                assert f"http://127.0.0.1:{port}/" in said
                eventually(lambda: answers(port), within_s=20, what="the server answers")
                continue
            done = subprocess.run(
                ["bash", "-c", typed],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
                env=environment() | {"PATH": path},
            )
            assert done.returncode == 0, f"{typed}\n{done.stderr}"
            assert done.stdout or "-o " in typed
    finally:
        for server in servers:
            server.terminate()
            server.communicate(timeout=20)
    assert len(servers) == 1
    assert (tmp_path / "agenda.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")


STORY = (
    ("import", ""),
    ("clashes", "⚠1 Même intervenant : André Chauvet"),
    ("settle", "on attend 45 Loiret"),
    ("show", "on attend 45 Loiret"),
    ("settle", "Le conflit fdacd38f39 est réglé."),
    ("import", "⚠ Même intervenant"),
    ("show", "« d'accord, en visio ») — une action a changé depuis · on attend 28 Eure-et-Loir et 45 Loiret"),
    ("settle", "Le conflit fdacd38f39 est réglé."),
    ("check", ""),
    ("clashes", "✓1 Même intervenant : André Chauvet"),
    ("import", "1 modifié"),
    ("show", "· Équipe régionale : assumé le"),
    ("clashes", "RÉSOLUS D'EUX-MÊMES (1)"),
    ("same", "Le conflit e93df454cc est réglé."),
    ("join", "« 41 Loir-et-Cher » participe à « Day Tripper : atelier de restitution »."),
)
"""What each command of the story of a settlement says, among other things."""


def test_the_story_of_a_settlement_goes_as_it_is_told(tmp_path: Path):
    """Found, settled by one and the other, moved, back with its history, settled by the region, gone."""
    told = README[README.index("### Régler un conflit") : README.index("### Faire ensemble")]
    home = tmp_path / "agenda"
    run("--home", home, "init", "--seed", CALENDARS)
    typed = [shlex.split(line) for line in re.findall(r"^\$ spro-agenda --home agenda (.+)", told, re.MULTILINE)]
    assert len(typed) == len(STORY)
    for words, (name, said) in zip(typed, STORY, strict=True):
        assert name in words
        assert said in " ".join(run("--home", home, *words).split())


def run(*words: object) -> str:
    """What a command says, typed in the checkout."""
    done = subprocess.run(
        [sys.executable, "-m", "spro_agenda", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr


def answers(port: int) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}))"],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def test_every_file_and_folder_that_the_readme_names_exists():
    """A map of the house must show the house."""
    for name in re.findall(r"`([a-z_.][a-z_./]*(?:/|\.py|\.ini|\.toml))`", README):
        found = [ROOT / name, *(ROOT / "spro_agenda").glob(name), ROOT / "calendars" / name]
        assert any(path.exists() for path in found), name


def test_every_make_target_that_the_readme_names_exists():
    """`make demo`, `make test` …"""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`make (\w+)`", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_sort_of_clash_of_the_code_is_in_the_readme():
    """And none that it has not."""
    documented = re.findall(r"^\| ([A-Z-]{4,}) \|", README, re.MULTILINE)
    assert sorted(documented) == sorted(kind.value for kind in Kind)
