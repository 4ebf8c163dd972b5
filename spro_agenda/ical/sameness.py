"""Whether an event is still what a source said of it: some write a new DTSTAMP into every event each time (Google)."""

from __future__ import annotations

import hashlib

from spro_agenda.ical.lines import Component

_STAMP = "DTSTAMP"


def content_of(tree: Component) -> str:
    """A hash of all that an event says, whatever its stamps, its folding, the order of its components and the program
    that wrote it."""
    told = sorted(_told(child) for child in tree.children)
    return hashlib.sha256("\n".join(told).encode("utf-8", "surrogatepass")).hexdigest()


def _told(component: Component) -> str:
    lines = [line.text for line in component.lines if line.name != _STAMP]
    return "\n".join([f"BEGIN:{component.name}", *lines, *map(_told, component.children), f"END:{component.name}"])
