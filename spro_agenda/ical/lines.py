"""Content lines and components of iCalendar text, each with its line number (RFC 5545 sections 3.1 and 3.6).

icalendar reads values; it knows no line numbers and drops the sender's bytes, which this module keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from spro_agenda.errors import BadCalendar
from spro_agenda.i18n import _

BOM = b"\xef\xbb\xbf"

_DEEPEST = 20
"""Components within each other: RFC 9073 makes five of them at most, and every reader of ours goes down by calling
itself."""

_PARAM_VALUE = r'(?:"[^"]*"|[^";:,]*)'
_CONTENT_LINE = re.compile(rf"([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+={_PARAM_VALUE}(?:,{_PARAM_VALUE})*)*):(.*)", re.DOTALL)
_PARAM = re.compile(rf";([A-Za-z0-9-]+)=({_PARAM_VALUE}(?:,{_PARAM_VALUE})*)")


@dataclass(frozen=True, slots=True)
class Line:
    """One unfolded content line: `NAME;PARAMS:VALUE`. `name` is in capitals, `params` as written, `;` included."""

    number: int
    name: str
    params: str
    value: str

    def param(self, name: str) -> str | None:
        """A parameter's value without its quotes, `None` when it is absent."""
        for key, value in _PARAM.findall(self.params):
            if key.upper() == name:
                return str(value).strip('"')
        return None

    @property
    def text(self) -> str:
        return f"{self.name}{self.params}:{self.value}"


@dataclass(slots=True)
class Component:
    """A component as written: its own lines, its children, and where its text stands in the source."""

    name: str
    number: int
    start: int
    end: int = 0
    lines: list[Line] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        """Its first property of that name."""
        return next((line for line in self.lines if line.name == name), None)

    def walk(self) -> Iterator[Component]:
        """Itself and all within it."""
        yield self
        for child in self.children:
            yield from child.walk()


def parse(data: bytes, where: str) -> list[Component]:
    """The VCALENDARs of a text, in order; at least one.

    `where` names the file or address in errors. Accepts LF line ends, blank lines and a byte order mark.
    Raises BadCalendar with the line where the structure breaks.
    """
    calendars: list[Component] = []
    open_components: list[Component] = []
    for line, start, end in content_lines(data, where):
        if line.name in {"BEGIN", "END"}:
            _check_delimiter(line, len(open_components), where)
        if line.name == "BEGIN":
            component = Component(line.value.strip().upper(), line.number, start)
            if open_components:
                open_components[-1].children.append(component)
            elif component.name == "VCALENDAR":
                calendars.append(component)
            else:
                raise _not_a_calendar(where, line.number)
            open_components.append(component)
        elif not open_components:
            raise _not_a_calendar(where, line.number)
        elif line.name == "END":
            component = open_components.pop()
            if line.value.strip().upper() != component.name:
                raise BadCalendar(
                    where,
                    line.number,
                    _("« END:{found} » ferme « BEGIN:{name} » de la ligne {begin}.").format(
                        found=line.value.strip(), name=component.name, begin=component.number
                    ),
                    _REPAIR,
                )
            component.end = end
        else:
            open_components[-1].lines.append(line)
    if open_components:
        component = open_components[-1]
        raise BadCalendar(
            where,
            component.number,
            _("« BEGIN:{name} » n'est jamais fermé : le texte est coupé.").format(name=component.name),
            _REPAIR,
        )
    if not calendars:
        raise BadCalendar(where, None, _("le texte est vide."), _REPAIR)
    return calendars


def _check_delimiter(line: Line, depth: int, where: str) -> None:
    """Refuse a BEGIN or an END that not every reader of ours takes for one, and a BEGIN too far down."""
    if line.params:
        raise BadCalendar(
            where,
            line.number,
            _("« {text} » : {name} ne prend pas de paramètre.").format(text=_shortened(line.text), name=line.name),
            _REPAIR,
        )
    if line.name == "BEGIN" and depth == _DEEPEST:
        raise BadCalendar(
            where,
            line.number,
            _("« {text} » est dans {most} autres, qui ne sont pas fermés.").format(
                text=_shortened(line.text), most=_DEEPEST
            ),
            _REPAIR,
        )


_REPAIR = _("Exportez de nouveau l'agenda depuis son application (format iCalendar, .ics), puis recommencez.")


def _not_a_calendar(where: str, number: int) -> BadCalendar:
    return BadCalendar(where, number, _("ce n'est pas un agenda iCalendar (« BEGIN:VCALENDAR » attendu)."), _REPAIR)


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def content_lines(data: bytes, where: str) -> Iterator[tuple[Line, int, int]]:
    """Unfolded content lines, each with the byte offsets of its first and past its last byte. Raises BadCalendar."""
    offset = len(BOM) if data.startswith(BOM) else 0
    start, begun = offset, 0
    folded: list[bytes] = []
    for number, raw in enumerate(_physical(data, offset), 1):
        text = raw.rstrip(b"\r\n")
        if folded and text[:1] in (b" ", b"\t"):
            folded.append(text[1:])
        else:
            if folded:
                yield _content_line(b"".join(folded), begun, where), start, offset
            start, begun = offset, number
            folded = [text] if text.strip() else []
        offset += len(raw)
    if folded:
        yield _content_line(b"".join(folded), begun, where), start, offset


def _physical(data: bytes, offset: int) -> Iterator[bytes]:
    """The physical lines from `offset`, each with its line end (CRLF or LF; a lone CR ends none)."""
    while offset < len(data):
        end = data.find(b"\n", offset) + 1 or len(data)
        yield data[offset:end]
        offset = end


def _content_line(raw: bytes, number: int, where: str) -> Line:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadCalendar(
            where, number, _("le texte n'est pas en UTF-8."), _("Enregistrez le fichier en UTF-8, puis recommencez.")
        ) from None
    match = _CONTENT_LINE.fullmatch(text)
    if match is None:
        if number == 1:
            raise _not_a_calendar(where, number)
        raise BadCalendar(
            where,
            number,
            _("« {text} » n'a pas la forme NOM:valeur.").format(text=_shortened(text)),
            _REPAIR,
        )
    name, params, value = match.groups()
    return Line(number, name.upper(), params, value)
