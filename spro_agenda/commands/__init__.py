"""The command line: it reads what is typed, calls the rooms below, and turns errors into sentences and exit codes."""

from __future__ import annotations

import io
import logging
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from spro_agenda.commands.help import HelpFormatter
from spro_agenda.commands.home import Home
from spro_agenda.errors import BadInput, SproError, UsageError, reason
from spro_agenda.i18n import _, speak_french

INTERRUPTED = 130
UNEXPECTED = 8
DEBUG = "SPRO_AGENDA_DEBUG"

speak_french()
click.Context.formatter_class = HelpFormatter

MODULES = {
    "init": "creating",
    "serve": "serving",
    "users": "users",
    "feeds": "feeds",
    "audit": "audit",
    "import": "importing",
    "export": "keeping",
    "merge": "agenda",
    "clashes": "clashes",
    "explain": "explain",
    "opportunities": "opportunities",
    "date": "dating",
    "digest": "digest",
    "harvest": "harvest",
    "slots": "slots",
    "inbox": "inbox",
    "history": "history",
    "trash": "history",
    "restore": "restoring",
    "purge": "forgetting",
    "backup": "keeping",
    "check": "checking",
    "region": "region",
    "demo": "demo",
}
"""For each command, the module that has it: only that one is read, so that a server starts in half the time."""


class Commands(click.Group):
    """The commands, each read when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in MODULES:
            return None
        module = import_module(f"spro_agenda.commands.{MODULES[cmd_name]}")
        command: click.Command = getattr(module, "import_" if cmd_name == "import" else cmd_name)
        return command


@click.group(
    cls=Commands,
    subcommand_metavar=_("COMMANDE [ARGUMENTS]..."),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="spro-agenda", message="%(prog)s %(version)s")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DOSSIER",
    help=_(
        "Dossier de l'agenda (à défaut : SPRO_AGENDA_HOME, le dossier courant s'il en contient un, sinon le dossier de "
        "données personnel)."
    ),
)
@click.pass_context
def cli(context: click.Context, home: Path | None) -> None:
    """L'agenda partagé des réseaux du SPRO : un serveur CalDAV, l'agenda régional, les conflits de dates."""
    context.obj = Home.find(home)


def main() -> None:
    """Run the command line; whatever happens ends in a sentence and an exit code, never in a traceback."""
    # The CalDAV library tells on standard error what we tell in a sentence.
    logging.getLogger("caldav").setLevel(logging.CRITICAL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # An old terminal has no « ⚠ »; it is better shown as « ? » than not at all.
            stream.reconfigure(errors="replace")
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough (`… | head`); Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def _run() -> int:
    try:
        return cli(standalone_mode=False, prog_name="spro-agenda") or 0
    except SystemExit as ended:
        # Click's answer to a broken pipe, which means clashes here.
        if ended.code == 1:
            raise BrokenPipeError from ended
        raise
    except BrokenPipeError:
        raise
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("Interrompu."), err=True)
        return INTERRUPTED
    except Exception as error:
        if DEBUG in os.environ:
            raise
        return _told(error)


def _told(error: Exception) -> int:
    """Say what went wrong on standard error, and give the exit code for it."""
    if isinstance(error, click.ClickException):
        error.show()
        if isinstance(error, click.NoSuchOption) and error.option_name == "--home":
            click.echo(_("« --home » s'écrit avant la commande : spro-agenda --home DOSSIER merge …"), err=True)
        return error.exit_code
    code = UNEXPECTED
    if isinstance(error, SproError):
        text, code = str(error), error.exit_code
    elif isinstance(error, OSError):
        code = BadInput.exit_code
        text = _("{file}le système refuse ({detail}). Vérifiez vos droits et la place qui reste.").format(
            file=f"{error.filename} : " if error.filename else "", detail=reason(error)
        )
    elif isinstance(error, UnicodeEncodeError) and any(map(_is_torn, sys.argv)):
        text, code = (
            _("La commande n'est pas écrite en UTF-8 : réglez le terminal, puis recommencez."),
            UsageError.exit_code,
        )
    else:
        text = _(
            "Erreur inattendue ({kind} : {detail}). C'est un défaut du programme : signalez-le avec la "
            "commande tapée ; {name}=1 en montre le détail."
        ).format(kind=type(error).__name__, detail=error, name=DEBUG)
    click.echo(text, err=True)
    return code


def _is_torn(argument: str) -> bool:
    """Whether the shell gave bytes that are no UTF-8, of which Python makes lone surrogates."""
    return any("\udc80" <= each <= "\udcff" for each in argument)
