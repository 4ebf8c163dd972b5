"""The text of an event -> what is asked of it: components and properties by their names (RFC 4791 section 9.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spro_agenda.ical.lines import Component, parse
from spro_agenda.ical.write import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """What of a component of that name is wanted: of its properties, those named, `True` where their values are not
    wanted; of its components, those named. `None` is all of them."""

    name: str
    properties: Mapping[str, bool] | None = None
    components: tuple[Excerpt, ...] | None = None

    def of_child(self, name: str) -> Excerpt | None:
        """What is wanted of a component within it; `None` for nothing."""
        if self.components is None:
            return Excerpt(name=name)
        return next((each for each in self.components if each.name == name), None)


def excerpted(body: bytes, excerpt: Excerpt) -> bytes:
    """What is wanted of a text, which is one that `read_object` takes."""
    tree = parse(body, "")[0]
    return b"".join(map(fold, _lines(tree, excerpt))) if tree.name == excerpt.name else body


def _lines(component: Component, excerpt: Excerpt) -> Iterator[str]:
    wanted = excerpt.properties
    yield f"BEGIN:{component.name}"
    for line in component.lines:
        if wanted is None or line.name in wanted:
            yield f"{line.name}{line.params}:" if wanted and wanted[line.name] else line.text
    for child in component.children:
        within = excerpt.of_child(child.name)
        if within is not None:
            yield from _lines(child, within)
    yield f"END:{component.name}"
