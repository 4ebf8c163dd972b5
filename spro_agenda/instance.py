"""An instance: a folder with `config.ini` and, on SQLite, the database. Commands, server and plugins find it here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

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
    return storage_option(configuration, "database", DEFAULT_DATABASE)


def storage_option(configuration: Configuration, option: str, default: str) -> str:
    """An option of ours in the section [storage]."""
    try:
        return str(configuration.get("storage", option)).strip()
    except KeyError:
        return default
