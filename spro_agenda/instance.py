"""An instance: a folder with `config.ini` and, on SQLite, the database. Commands, server and plugins find it here."""

from __future__ import annotations

import os
from configparser import ConfigParser
from pathlib import Path
from typing import Any, Protocol

from spro_agenda.errors import BadInput, reason
from spro_agenda.i18n import _

HOME = "SPRO_AGENDA_HOME"
"""The environment variable that names the instance's folder."""

CONFIG = "config.ini"
DEFAULT_DATABASE = "sqlite:///agenda.sqlite"


class Configuration(Protocol):
    """What we ask of Radicale's configuration. `get` raises KeyError for an option that is not there."""

    def get(self, section: str, option: str) -> Any: ...


def served_home() -> Path:
    """The folder of the instance that this process serves: the environment's, else the current one."""
    return Path(os.environ.get(HOME, ".")).resolve()


def database_url(configuration: Configuration) -> str:
    """The address of the store: `database` in the section [storage]; a relative path is one within the instance."""
    return option(configuration, "storage", "database", DEFAULT_DATABASE)


def option(configuration: Configuration, section: str, name: str, default: str) -> str:
    """An option of ours in one of Radicale's sections."""
    try:
        return str(configuration.get(section, name)).strip()
    except KeyError:
        return default


def flag(configuration: Configuration, section: str, name: str, *, default: bool) -> bool:
    """An option that is true or false. Raises BadInput where it is neither."""
    given = option(configuration, section, name, str(default))
    said = ConfigParser.BOOLEAN_STATES.get(given.lower())
    if said is None:
        raise BadInput(
            _("{file} : « {name} = {given} » se dit True ou False. Corrigez-le.").format(
                file=CONFIG, name=name, given=given
            )
        )
    return said


def one_of(possible: tuple[str, ...], name: str, given: str) -> str:
    """The value of an option that may have these alone. Raises BadInput."""
    if given not in possible:
        raise BadInput(
            _("{file} : « {name} = {given} » n'existe pas. Choisissez parmi : {possible}.").format(
                file=CONFIG, name=name, given=given, possible=", ".join(possible)
            )
        )
    return given


def secret_in(file: Path, name: str) -> str:
    """The one line of a file that an option names. Raises BadInput."""
    try:
        return file.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        detail = reason(error) if isinstance(error, OSError) else _("il n'est pas en UTF-8")
        raise BadInput(
            _("{file} ne peut pas être lu ({detail}). Corrigez {name} dans {config}.").format(
                file=file, detail=detail, name=name, config=CONFIG
            )
        ) from error
