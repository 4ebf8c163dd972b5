"""FORMATS: a name -> a pure function from an agenda to bytes. A renderer lays out; the agenda has decided."""

from collections.abc import Callable, Mapping

from spro_agenda.agenda import Agenda
from spro_agenda.render import ics, json, terminal

FORMATS: Mapping[str, Callable[[Agenda], bytes]] = {
    "terminal": terminal.render,
    "ics": ics.render,
    "json": json.render,
}
"""Every way to write an agenda. A file's name tells its format by these names, and `.txt` the terminal's."""
