"""`demo`: the whole way from the minutes to a flagged regional agenda, by the commands that a user would type.

It takes no path of its own: each step is a command of this program, shown before it is run, in a throw-away folder.
"""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import NoReturn

import click

from spro_agenda.errors import NetworkError, SproError
from spro_agenda.i18n import _

START_S = 30
STOP_S = 20
TERMINATED = 143

EVENT = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Demo//Agenda SPRO//FR
BEGIN:VEVENT
UID:demo-portes-ouvertes-chartres@spro-28.example
DTSTART;TZID=Europe/Paris:20211119T140000
DTEND;TZID=Europe/Paris:20211119T170000
SUMMARY:[Chartres] Portes ouvertes du Point information jeunesse
LOCATION:Chartres
DESCRIPTION:Thème : information des jeunes
END:VEVENT
END:VCALENDAR
"""


class DemoFailed(SproError):
    """A step did not end as it should."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """The folder where the demo takes place."""

    folder: Path

    def run(self, *words: str, says: str, stdin: str | None = None, code: int = 0) -> None:
        """Show a command, run it, and hold it to its exit code. `stdin` is a file of the folder."""
        self.show(" ".join(["spro-agenda", *map(shlex.quote, words), *(["<", stdin] if stdin else [])]), says)
        with (self.folder / stdin).open("rb") if stdin else open(os.devnull, "rb") as given:
            done = subprocess.run(
                [*_program(), *words],
                stdin=given,
                check=False,
                cwd=self.folder,
                env=_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        click.echo(done.stdout.decode("utf-8", "replace"), nl=False)
        if done.returncode != code:
            raise DemoFailed(
                _("La démonstration s'arrête : code {found} au lieu de {code}.").format(
                    found=done.returncode, code=code
                )
            )
        if code:
            click.echo(_("(code de sortie {code})").format(code=code))

    def show(self, command: str, says: str) -> None:
        click.echo()
        click.secho(f"# {says}", bold=True)
        click.echo(f"$ {command}")

    def secret(self, login: str) -> str:
        """The name of a file with an invented password for a login."""
        file = self.folder / f"{login}.secret"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(f"{secrets.token_urlsafe(12)}\n", "utf-8")
        return file.name

    @contextmanager
    def served(self, port: int) -> Iterator[str]:
        """The server, running within the block; its address."""
        words = ["--home", "agenda", "serve", "--port", str(port)]
        self.show(f"spro-agenda {' '.join(words)} &", _("Le serveur, sur un port libre de 127.0.0.1"))
        process = subprocess.Popen([*_program(), *words], cwd=self.folder, env=_environment())
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}/"
            self.show("kill %1", _("Arrêter le serveur"))
        finally:
            _stop(process)


@click.command(
    epilog=_("Exemple : spro-agenda demo"),
    short_help=_("Montre tout, du compte rendu à l'agenda régional, dans un dossier jetable."),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DOSSIER",
    help=_("Dossier où laisser agenda-2021.ics (à défaut : le dossier courant)."),
)
def demo(output: Path) -> None:
    """Crée un agenda jetable, le sert, y écrit, le fusionne, et laisse agenda-2021.ics dans le dossier courant."""
    # Told to stop, it still stops its server and clears its folder.
    signal.signal(signal.SIGTERM, _end)
    written = output.resolve() / "agenda-2021.ics"
    with (
        tempfile.TemporaryDirectory(prefix="agenda-spro-") as folder,
        as_file(files("spro_agenda.calendars")) as calendars,
    ):
        stage = _Stage(Path(folder))
        stage.show(f"cd {folder}", _("Un dossier jetable"))
        _prepare(stage, calendars)
        with stage.served(_free_port()) as url:
            _use(stage, url, written)
    click.echo()
    click.echo(_("Rien ne tourne plus. L'agenda régional de 2021 est dans {file}.").format(file=written))


def _prepare(stage: _Stage, calendars: Path) -> None:
    stage.show(
        """for qui in chef marie luc; do (umask 077; python3 -c 'import secrets; print(secrets.token_urlsafe(12))' """
        """> $qui.secret); done""",
        _("Trois mots de passe, que personne d'autre ne lit"),
    )
    chef, marie, luc = map(stage.secret, ("chef", "marie", "luc"))
    stage.run(
        "--home",
        "agenda",
        "init",
        "--seed",
        str(calendars),
        "--admin",
        "chef",
        "--password-stdin",
        stdin=chef,
        says=_("Un agenda neuf, avec la région et les agendas tirés du compte rendu"),
    )
    stage.run(
        "--home",
        "agenda",
        "users",
        "add",
        "marie",
        "--role",
        "coordinator",
        "--network",
        "28",
        "--password-stdin",
        stdin=marie,
        says=_("Marie coordonne le réseau 28"),
    )
    stage.run(
        "--home",
        "agenda",
        "users",
        "add",
        "luc",
        "--role",
        "reader",
        "--password-stdin",
        stdin=luc,
        says=_("Luc est conseiller : il lit"),
    )
    (stage.folder / "portes-ouvertes.ics").write_text(EVENT, "utf-8")
    stage.show("cat > portes-ouvertes.ics <<FIN", _("Un événement que Marie a reçu"))
    click.echo(f"{EVENT}FIN")


def _use(stage: _Stage, url: str, written: Path) -> None:
    year: Sequence[str] = ("--from", "2021-01-01", "--to", "2021-12-31")
    marie, luc = (("--url", url, "--user", login, "--password-file", stage.secret(login)) for login in ("marie", "luc"))
    stage.run(
        "import",
        "portes-ouvertes.ics",
        "--network",
        "28",
        *marie,
        says=_("Marie l'ajoute à l'agenda du 28, par CalDAV"),
    )
    stage.run(
        "import",
        "portes-ouvertes.ics",
        "--network",
        "41",
        *marie,
        code=5,
        says=_("Elle n'a pas le droit d'écrire dans le 41"),
    )
    stage.run("merge", *luc, *year, says=_("Luc réunit les réseaux, par CalDAV : l'agenda régional de 2021"))
    stage.run("merge", *luc, *year, "-o", str(written), says=_("Le même, à ouvrir dans n'importe quelle application"))


def _environment() -> dict[str, str]:
    """The environment without what would lead the commands to another instance."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SPRO_AGENDA_")}


def _program() -> list[str]:
    """This very program, as a command."""
    return [sys.executable, "-m", "spro_agenda"]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end(_signal: int, _frame: object) -> NoReturn:
    sys.exit(TERMINATED)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers on its port. Raises NetworkError."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise NetworkError(_("Le serveur de la démonstration n'a pas démarré. Voyez ce qu'il dit ci-dessus."))
