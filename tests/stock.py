"""Stock Radicale 3.9 with its own storage, to stand beside our server."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from replaying import HOME
from serving import DAV, NAMESPACES, PASSWORD, Server

STOCK = """
[server]
hosts = 127.0.0.1:{port}
delay_on_error = 0
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {folder}/collections
[web]
type = none
[logging]
level = error
"""


def stock_words(folder: Path, port: int, login: str = "marie") -> list[str]:
    """The words that start it in a new folder, on a port, with one account; the password is everybody's."""
    folder.mkdir()
    (folder / "users").write_text(f"{login}:{PASSWORD}\n")
    (folder / "config").write_text(STOCK.format(port=port, folder=folder))
    return [sys.executable, "-m", "radicale", "--config", str(folder / "config")]


def make_calendar(stock: Server, ours: Server) -> None:
    """The calendar 28 on stock, with the properties that ours has."""
    names = ("D:displayname", "C:calendar-description", "ICAL:calendar-color", "ICAL:calendar-order")
    asked = ours.propfind(HOME, *names, "C:supported-calendar-component-set").xml
    held = "".join(ET.tostring(each, "unicode") for each in asked.iter(f"{DAV}prop") for each in each)
    body = f"<C:mkcalendar {NAMESPACES}><D:set><D:prop>{held}</D:prop></D:set></C:mkcalendar>"
    assert stock.request("MKCALENDAR", HOME, body.encode()).status == 201
