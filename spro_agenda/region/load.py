"""region.toml -> a Region, checked: each fault names its line and its remedy.

tomllib knows no line numbers, so a fault's line is looked up again in the text, by table and key.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, TypedDict, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from spro_agenda.errors import BadRegion
from spro_agenda.i18n import _
from spro_agenda.model import AGENDA, ALL, REGION, Kind, Weight
from spro_agenda.region.records import (
    Named,
    Network,
    Partner,
    Period,
    Place,
    Public,
    Region,
    Rule,
    Theme,
    Town,
)
from spro_agenda.region.words import normalise

VERSION = 1
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(?:#.*)?$")
_SYNTAX_LINE = re.compile(r"\(at line (\d+)")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]*")
_SCHEMES = ("http", "https", "webcal", "webcals")
_RESERVED = frozenset({REGION, AGENDA, ALL})
_MOST_CHOICES = 30
_DEFAULT_RULES = {
    Kind.PLACE: Rule(enabled=True, weight=Weight.BLOCKING),
    Kind.SPEAKER: Rule(enabled=True, weight=Weight.BLOCKING),
    Kind.TRAVEL: Rule(enabled=True, weight=Weight.BLOCKING),
    Kind.PARTNER: Rule(enabled=True, weight=Weight.TO_SETTLE),
    Kind.PUBLIC: Rule(enabled=True, weight=Weight.TO_SETTLE),
    Kind.HIGHLIGHT: Rule(enabled=True, weight=Weight.TO_SETTLE),
    Kind.SITES: Rule(enabled=True, weight=Weight.TO_WATCH),
    Kind.CALENDAR: Rule(enabled=True, weight=Weight.TO_WATCH),
    Kind.PERIOD: Rule(enabled=True, weight=Weight.TO_WATCH),
    Kind.POSSIBLE: Rule(enabled=True, weight=Weight.TO_WATCH),
}
"""A file that says nothing of a kind has it looked for: silence would look like a region without clashes."""

T = TypeVar("T")


def load_region(path: Path | None = None) -> Region:
    """The region in a file, or the package's own. Raises BadRegion."""
    return parse_region(*read_region(path))


def read_region(path: Path | None = None) -> tuple[str, str]:
    """The text of a region file and its name in errors. Raises BadRegion when it cannot be read."""
    resource = path or files("spro_agenda.calendars") / "region.toml"
    where = str(path) if path else "region.toml"
    try:
        return resource.read_text("utf-8-sig"), where
    except UnicodeDecodeError as error:
        raise BadRegion(
            where, None, _("le fichier n'est pas en UTF-8."), _("Enregistrez-le en UTF-8, puis recommencez.")
        ) from error
    except OSError as error:
        raise BadRegion(
            where,
            None,
            _("le fichier de la région est introuvable ou illisible."),
            _("Indiquez-le avec --region FICHIER."),
        ) from error


def parse_region(text: str, where: str) -> Region:
    """Read and check the text of a region.toml; `where` names it in errors. Raises BadRegion at the first fault."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        raise BadRegion(
            where,
            int(found[1]) if found else None,
            _("ce n'est pas du TOML correct ({detail}).").format(detail=_SYNTAX_LINE.split(str(error))[0].strip()),
            _("Vérifiez les guillemets, les crochets et les signes « = » de cette ligne ; un jour s'écrit 2021-10-07."),
        ) from error
    return _Reader(text, where, document).region()


class _Table:
    """One table of the document, read key by key; each reader raises BadRegion on a value it cannot take.

    `path` is the table's header, `index` which one of the headers of that name it is in the text.
    """

    def __init__(self, text: str, where: str, values: Mapping[str, Any], path: str, index: int) -> None:
        self._text, self._where, self._values = text, where, values
        self._path, self._index = path, index
        self._known: set[str] = set()

    def fault(self, key: str | None, problem: str, remedy: str) -> BadRegion:
        return BadRegion(self._where, _line_of(self._text, self._path, self._index, key), problem, remedy)

    def text(self, key: str, example: str, default: str | None = None) -> str:
        value = self._value(key, f'"{example}"', default)
        if not isinstance(value, str) or not value.strip():
            raise self._malformed(key, f'"{example}"')
        return value

    def optional_text(self, key: str, example: str) -> str | None:
        self._known.add(key)
        return self.text(key, example) if key in self._values else None

    def address(self, key: str, example: str) -> str | None:
        """The address of a calendar on the web, where the key is given."""
        value = self.optional_text(key, example)
        if value is not None and not _is_address(value):
            raise self._malformed(key, f'"{example}"')
        return value

    def texts(self, key: str, example: str) -> tuple[str, ...]:
        value = self._value(key, f'["{example}"]', [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self._malformed(key, f'["{example}"]')
        return tuple(value)

    def number(self, key: str, example: str, low: float, high: float) -> float:
        value = self._value(key, example, None)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self._malformed(key, example)
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._value(key, "true", default)
        if not isinstance(value, bool):
            raise self._malformed(key, "true")
        return value

    def day(self, key: str) -> date:
        value = self._value(key, "2021-10-07", None)
        if type(value) is not date:
            raise self._malformed(key, "2021-10-07")
        return value

    def one_of(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(key, choices[0], default)
        if value not in choices:
            raise self.fault(
                key,
                _("« {value} » n'est pas une valeur de « {key} ».").format(value=value, key=key),
                _("Choisissez parmi : {choices}.").format(choices=_enumerated(choices, value)),
            )
        return value

    def colour(self, key: str) -> str:
        value = self.text(key, "#1F77B4")
        if not _COLOUR.fullmatch(value):
            raise self._malformed(key, '"#1F77B4"')
        return value.upper()

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        value = self._value(key, "", [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._malformed(key, f"[[{key}]]")
        return value

    def table(self, key: str) -> Mapping[str, Any]:
        value = self._value(key, "", {})
        if not isinstance(value, dict):
            raise self._malformed(key, f"[{key}]")
        return value

    def nothing_else(self) -> None:
        """Raise BadRegion for a key that nobody reads: most often a slip of the pen."""
        for key in self._values:
            if key not in self._known:
                raise self._unknown(key, get_close_matches(key, self._known, 1))

    def _check_misspelt(self, key: str) -> None:
        """Raise BadRegion where a key that is missing stands there in another spelling."""
        for found in get_close_matches(key, self._values.keys() - self._known, 1, 0.75):
            raise self._unknown(found, [key])

    def _unknown(self, key: str, close: list[str]) -> BadRegion:
        remedy = _("Vouliez-vous dire « {close} » ?").format(close=close[0]) if close else _("Retirez-la.")
        return self.fault(key, _("la clé « {key} » est inconnue.").format(key=key), remedy)

    def _value(self, key: str, example: str, default: object) -> object:
        self._known.add(key)
        if key in self._values:
            return self._values[key]
        if default is None:
            self._check_misspelt(key)
            raise self.fault(
                None,
                _("il manque « {key} ».").format(key=key),
                _("Ajoutez par exemple : {key} = {example}").format(key=key, example=example),
            )
        return default

    def _malformed(self, key: str, example: str) -> BadRegion:
        return self.fault(
            key,
            _("« {key} » n'a pas la forme attendue.").format(key=key),
            _("Écrivez par exemple : {key} = {example}").format(key=key, example=example),
        )


def _is_address(text: str) -> bool:
    try:
        split = urlsplit(text)
        return split.scheme in _SCHEMES and bool(split.hostname) and split.port != 0 and text.isprintable()
    except ValueError:
        return False


def _enumerated(choices: tuple[str, ...], value: str) -> str:
    """The choices, or those near the value: nobody reads the names of 600 time zones."""
    if len(choices) <= _MOST_CHOICES:
        return ", ".join(choices)
    return ", ".join([*(get_close_matches(value, choices, 5, 0.4) or choices[:5]), "…"])


def _line_of(text: str, path: str, index: int, key: str | None) -> int | None:
    """The line of a key in the `index`-th table of that header (of the header itself where the key is absent)."""
    header, within, seen = None, path == "", -1
    for number, line in enumerate(text.splitlines(), 1):
        if found := _HEADER.match(line):
            if header is not None or (path == "" and within):
                break
            seen += found[1] == path
            if found[1] == path and seen == index:
                header, within = number, True
        if within and key is not None and re.match(rf"\s*\[*\s*{re.escape(key)}\s*[=\]]", line):
            return number
    return header


class _Reader:
    """Reads the tables in the order of the text, so that the n-th table read is the n-th one written."""

    def __init__(self, text: str, where: str, document: Mapping[str, Any]) -> None:
        self._text, self._where = text, where
        self._seen: Counter[str] = Counter()
        self._codes: set[str] = set()
        self._calendars: dict[str, str] = {}
        self._root = self._table(document, "")

    def region(self) -> Region:
        root = self._root
        version = root.number("version", str(VERSION), 0, 1e9)
        if version != VERSION:
            raise root.fault(
                "version",
                _("cette version du fichier n'est pas connue."),
                _("Écrivez : version = {version}").format(version=VERSION),
            )
        head = self._table(root.table("region"), "region")
        scope = self._table(root.table("scope"), "scope")
        networks = tuple(self._each("network", self._network))
        codes = [network.code for network in networks]
        sites = [site for network in networks for site in network.sites]
        towns = tuple(self._each("town", lambda table: self._town(table, tuple(codes))))
        known_towns = tuple(town.name for town in (*sites, *towns))
        region = Region(
            name=head.text("name", "Centre-Val de Loire"),
            calendar_name=head.text("calendar_name", "Équipe régionale"),
            colour=head.colour("colour"),
            time_zone=ZoneInfo(head.one_of("time_zone", ("Europe/Paris", *sorted(available_timezones())))),
            school_zone=head.one_of("school_zone", ("A", "B", "C")),
            networks=networks,
            towns=towns,
            communes=head.texts("communes", "Olivet"),
            places=tuple(self._each("place", lambda table: self._place(table, known_towns))),
            speakers=tuple(self._each("speaker", lambda table: Named(**_names(table, "André Chauvet")))),
            partners=tuple(
                self._each(
                    "partner",
                    lambda table: Partner(
                        **_names(table, "Klub Extraordinaire"), on_tour=table.flag("on_tour", default=False)
                    ),
                )
            ),
            publics=tuple(
                self._each(
                    "public",
                    lambda table: Public(
                        **_names(table, "coordonnateurs"),
                        professional=table.flag("professional", default=False),
                        school=table.flag("school", default=False),
                    ),
                )
            ),
            themes=tuple(
                self._each(
                    "theme",
                    lambda table: Theme(
                        **_names(table, "apprentissage"), categories=table.texts("categories", "Apprentissage")
                    ),
                )
            ),
            periods=tuple(self._each("period", self._period)),
            internal_words=scope.texts("internal", "réunion"),
            event_words=scope.texts("event", "forum"),
            rules=_DEFAULT_RULES | dict(self._rules(root.table("clash"))),
        )
        for table in (head, scope, root):
            table.nothing_else()
        return region

    def _table(self, values: Mapping[str, Any], path: str) -> _Table:
        table = _Table(self._text, self._where, values, path, self._seen[path])
        self._seen[path] += 1
        return table

    def _each(self, path: str, read: Callable[[_Table], T]) -> Iterator[T]:
        """The records of `[[path]]`, each with a name of its own."""
        named: dict[str, str] = {}
        for values in self._root.tables(path):
            table = self._table(values, path)
            record = read(table)
            table.nothing_else()
            if isinstance(record, Named):
                self._check_names(table, record, named)
            yield record

    def _check_names(self, table: _Table, record: Named, named: dict[str, str]) -> None:
        """Two records of one kind must not share a name: nobody could tell which was meant."""
        for form in record.forms:
            if form in named:
                raise table.fault(
                    "aliases" if form != normalise(record.name) else "name",
                    _("« {form} » désigne déjà « {other} ».").format(form=form, other=named[form]),
                    _("Gardez ce nom à un seul endroit."),
                )
            named[form] = record.name

    def _network(self, table: _Table) -> Network:
        code = table.text("code", "28")
        if not _CODE.fullmatch(code) or code in _RESERVED:
            raise table.fault(
                "code",
                _("« {code} » ne peut pas être le code d'un réseau.").format(code=code),
                _('Écrivez par exemple : code = "28"'),
            )
        if code in self._codes:
            raise table.fault(
                "code", _("deux réseaux ont le code « {code} ».").format(code=code), _("Donnez à chacun le sien.")
            )
        self._codes.add(code)
        sites: list[Town] = []
        named: dict[str, str] = {}
        for values in table.tables("site"):
            site = self._table(values, "network.site")
            sites.append(self._place_on_map(site, code))
            self._check_names(site, sites[-1], named)
            site.nothing_else()
        return Network(
            **_names(table, "Eure-et-Loir"),
            code=code,
            colour=table.colour("colour"),
            sites=tuple(sites),
            calendar=self._calendar(table),
        )

    def _calendar(self, table: _Table) -> str | None:
        """Where a network keeps its own calendar, which no other network keeps."""
        url = table.address("calendar", "https://nuage.exemple.fr/agenda.ics")
        if url is not None and url in self._calendars:
            raise table.fault(
                "calendar",
                _("cette adresse est déjà celle du réseau « {code} ».").format(code=self._calendars[url]),
                _("Chaque réseau a son propre agenda."),
            )
        if url is not None:
            self._calendars[url] = table.text("code", "28")
        return url

    def _town(self, table: _Table, codes: tuple[str, ...]) -> Town:
        return self._place_on_map(table, table.one_of("network", codes or ("28",)))

    @staticmethod
    def _place_on_map(table: _Table, network: str) -> Town:
        return Town(
            **_names(table, "Chartres"),
            network=network,
            latitude=table.number("latitude", "48.4439", -90, 90),
            longitude=table.number("longitude", "1.4890", -180, 180),
        )

    @staticmethod
    def _place(table: _Table, towns: tuple[str, ...]) -> Place:
        return Place(
            **_names(table, "Mission locale de Dreux"),
            town=table.one_of("town", towns or ("Chartres",)),
            several_rooms=table.flag("several_rooms", default=False),
        )

    @staticmethod
    def _period(table: _Table) -> Period:
        period = Period(
            name=table.text("name", "Vacances de printemps 2021"),
            kind=table.one_of("kind", ("vacances", "élection", "semaine", "autre")),
            start=table.day("start"),
            end=table.day("end"),
            zone=table.optional_text("zone", "B"),
        )
        if period.end < period.start:
            raise table.fault(
                "end", _("la période finit avant d'avoir commencé."), _("« end » est le dernier jour, inclus.")
            )
        return period

    def _rules(self, tables: Mapping[str, Any]) -> Iterator[tuple[Kind, Rule]]:
        kinds = {kind.value: kind for kind in Kind}
        for name, values in tables.items():
            table = self._table(values if isinstance(values, dict) else {}, f"clash.{name}")
            if name not in kinds or not isinstance(values, dict):
                raise table.fault(
                    None,
                    _("« {name} » n'est pas une sorte de conflit.").format(name=name),
                    _("Sortes connues : {kinds}.").format(kinds=", ".join(kinds)),
                )
            yield (
                kinds[name],
                Rule(
                    enabled=table.flag("enabled", default=True),
                    weight=Weight(table.one_of("weight", tuple(weight.value for weight in Weight))),
                ),
            )
            table.nothing_else()


class _Names(TypedDict):
    name: str
    aliases: tuple[str, ...]


def _names(table: _Table, example: str) -> _Names:
    return {"name": table.text("name", example), "aliases": table.texts("aliases", example)}
