"""Options that several commands share, each gathered into one object."""

from __future__ import annotations

import functools
import os
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spro_agenda.agenda import Filters
from spro_agenda.caldav_client import CalDavServer
from spro_agenda.calendar_cache import CalendarCache
from spro_agenda.commands.home import Home
from spro_agenda.errors import BadInput, UnreadableSource, UsageError
from spro_agenda.i18n import _
from spro_agenda.recurrence import FIRST_DAY, LAST_DAY
from spro_agenda.region.load import load_region
from spro_agenda.region.records import Region
from spro_agenda.sources import AddressSource, FileSource, FolderSource, ServerSource, Source, StoreSource

PASSWORD = "SPRO_AGENDA_PASSWORD"
_SCHEMES = ("http://", "https://", "webcal://", "webcals://")

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


if TYPE_CHECKING:
    _DayType = click.ParamType[date]
    _TextType = click.ParamType[str]
else:
    # Generic since click 8.4 only.
    _DayType = _TextType = click.ParamType


class Day(_DayType):
    """A day as people type it: 2021-10-07 or 7/10/2021."""

    name = "jour"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        for form in ("%Y-%m-%d", "%d/%m/%Y"):
            try:
                day = datetime.strptime(value, form).date()
            except ValueError:
                continue
            if FIRST_DAY <= day <= LAST_DAY:
                return day
        self.fail(_("« {value} » n'est pas un jour. Écrivez par exemple 2021-10-07.").format(value=value), param, ctx)


class Reason(_TextType):
    """Why somebody says something: one line that others read, without the signs that a terminal obeys."""

    name = "texte"
    longest = 500

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = " ".join("".join(" " if unicodedata.category(each) == "Cc" else each for each in value).split())
        if len(text) > self.longest:
            self.fail(
                _("ce texte a {length} caractères : gardez-en {most} au plus.").format(
                    length=len(text), most=self.longest
                ),
                param,
                ctx,
            )
        return text


FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """A CalDAV server, where one is named."""

    url: str | None
    user: str | None
    password_file: Path | None

    def server(self) -> CalDavServer | None:
        """The server, its password asked for where nothing gives it. Raises UsageError, UnreadableSource."""
        if self.url is None:
            return None
        if not self.user:
            raise UsageError(_("Indiquez avec --user sous quel identifiant ouvrir {url}.").format(url=self.url))
        return CalDavServer(self.url, self.user, self._password())

    def _password(self) -> str:
        if self.password_file is not None:
            try:
                return self.password_file.read_text("utf-8-sig").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise UnreadableSource(
                    _("{file} : ce fichier de mot de passe est illisible. Vérifiez son nom.").format(
                        file=self.password_file
                    )
                ) from error
        if PASSWORD in os.environ:
            return os.environ[PASSWORD]
        if not sys.stdin.isatty():
            raise UsageError(
                _(
                    "Il faut un mot de passe : donnez-le dans la variable {name}, ou dans un fichier avec "
                    "--password-file."
                ).format(name=PASSWORD)
            )
        return str(click.prompt(_("Mot de passe de {user}").format(user=self.user), hide_input=True, err=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """Where events come from."""

    home: Home
    sources: tuple[str, ...]
    calendars: tuple[Path, ...]
    with_store: bool
    server: ServerOptions
    region_file: Path | None

    def region(self) -> Region:
        """The region: the file given, else the store's, else the one beside the calendars, else the package's."""
        if self.region_file is not None:
            return load_region(self.region_file)
        if self.uses_store:
            with self.home.store().read() as reader:
                return reader.region()
        beside = [folder / "region.toml" for folder in (*self.calendars, *map(Path, self.sources))]
        return load_region(next((file for file in beside if file.is_file()), None))

    @property
    def uses_store(self) -> bool:
        """Whether our own store is read: when asked, and when nothing else is named."""
        return self.with_store or not (self.sources or self.calendars or self.server.url)

    def opened(self, region: Region) -> list[Source]:
        """The sources in the order of the command line, our own store first. Raises what names a source wrongly."""
        found: list[Source] = [StoreSource(self.home.store())] if self.uses_store else []
        found += [FolderSource(folder) for folder in self.calendars]
        found += [_source(text, region) for text in self.sources]
        server = self.server.server()
        return [*found, ServerSource(server, CalendarCache.of_user())] if server else found


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaOptions(SourceOptions):
    """Where an agenda's events come from, and what it is limited to."""

    first: date | None
    last: date | None
    networks: tuple[str, ...]
    themes: tuple[str, ...]

    def filters(self, region: Region) -> Filters:
        """The days asked for; from today, and for a year, where they are not said.

        Raises UnknownNetwork, UsageError.
        """
        today = date.today()
        first = self.first or (min(today, self.last.replace(month=1, day=1)) if self.last else today)
        last = self.last or _a_year_on(first)
        if last < first:
            raise UsageError(_("La période finit avant d'avoir commencé : vérifiez --from et --to."))
        asked = [part.strip() for network in self.networks for part in network.split(",") if part.strip()]
        return Filters(
            first=first,
            last=last,
            themes=tuple(region.theme_called(theme) or theme for theme in self.themes),
            networks=tuple(dict.fromkeys(region.code_of(network) for network in asked)),
        )


def _a_year_on(first: date) -> date:
    try:
        return first.replace(year=first.year + 1) - timedelta(days=1)
    except ValueError:
        return first + timedelta(days=365)


def network_and_target(text: str, region: Region) -> tuple[str | None, str]:
    """`28=stage.ics` -> `("28", "stage.ics")`; no network where none is typed. Raises UnknownNetwork."""
    given, equals, rest = text.partition("=")
    named = bool(equals) and "/" not in given and not Path(text).exists()
    return (region.code_of(given), rest) if named else (None, text)


def _source(text: str, region: Region) -> Source:
    """A source as it is typed: a folder, a file or an address, its network before a « = » where it must be said."""
    network, target = network_and_target(text, region)
    if target.lower().startswith(_SCHEMES):
        scheme, separator, rest = target.partition("://")
        return AddressSource(f"{scheme.lower()}{separator}{rest}", network)
    path = Path(target)
    return FolderSource(path) if path.is_dir() else FileSource(path, network)


def server_options(function: Callable[..., T]) -> Callable[..., T]:
    """`--url`, `--user`, `--password-file`, as the argument `server`."""

    @click.option("--url", metavar="ADRESSE", help=_("Adresse d'un serveur CalDAV."))
    @click.option("--user", metavar="IDENTIFIANT", help=_("Identifiant sur ce serveur."))
    @click.option(
        "--password-file",
        type=FILE,
        metavar="FICHIER",
        help=_("Fichier du mot de passe ; à défaut la variable {name}, sinon il est demandé.").format(name=PASSWORD),
    )
    @functools.wraps(function)
    def gathered(*args: Any, url: str | None, user: str | None, password_file: Path | None, **kwargs: Any) -> T:
        server = ServerOptions(url=url, user=user, password_file=password_file)
        return function(*args, server=server, **kwargs)

    return gathered


region_option = click.option(
    "--region",
    "region_file",
    type=FILE,
    metavar="FICHIER",
    help=_("region.toml à utiliser (à défaut : celui de la base, puis celui du dossier, puis celui du programme)."),
)
"""`--region`, as the argument `region_file`."""

database_option = click.option(
    "--database",
    metavar="ADRESSE",
    help=_(
        "Base de données, écrite dans config.ini : postgresql://nom@serveur/agenda, son mot de passe plutôt dans "
        "~/.pgpass ou PGPASSWORD (à défaut : un fichier dans le dossier de l'agenda)."
    ),
)
"""`--database`, as the argument `database`."""

_SOURCES = ("sources", "calendars", "with_store", "server", "region_file")
_LIMITS = ("first", "last", "networks", "themes")


def source_options(function: Callable[..., T]) -> Callable[..., T]:
    """Where events come from, as the argument `options`."""

    @click.argument("sources", nargs=-1, metavar="[SOURCE]...")
    @click.option(
        "--calendars",
        multiple=True,
        type=FOLDER,
        metavar="DOSSIER",
        help=_("Dossier de fichiers .ics nommés d'après leur réseau (28.ics)."),
    )
    @click.option(
        "--store", "with_store", is_flag=True, help=_("La base de données locale aussi, à côté d'autres sources.")
    )
    @server_options
    @region_option
    @click.pass_obj
    @functools.wraps(function)
    def gathered(home: Home, /, *args: Any, **kwargs: Any) -> T:
        own = {name: kwargs.pop(name) for name in _SOURCES}
        return function(*args, options=SourceOptions(home=home, **own), **kwargs)

    return gathered


def agenda_options(function: Callable[..., T]) -> Callable[..., T]:
    """Sources and limits of an agenda, as the argument `options`."""

    @source_options
    @click.option(
        "--from",
        "first",
        type=Day(),
        help=_("Premier jour, inclus (à défaut : aujourd'hui, ou le 1er janvier de --to)."),
    )
    @click.option("--to", "last", type=Day(), help=_("Dernier jour, inclus (à défaut : un an après le premier)."))
    @click.option(
        "--network", "networks", multiple=True, metavar="RÉSEAU", help=_("Ces réseaux seulement, par code ou par nom.")
    )
    @click.option("--theme", "themes", multiple=True, metavar="THÈME", help=_("Ces thèmes seulement."))
    @functools.wraps(function)
    def gathered(*args: Any, options: SourceOptions, **kwargs: Any) -> T:
        sources = {each.name: getattr(options, each.name) for each in fields(options)}
        limits = {name: kwargs.pop(name) for name in _LIMITS}
        return function(*args, options=AgendaOptions(**sources, **limits), **kwargs)

    return gathered


def store_options(home: Home, first: date | None, last: date | None) -> AgendaOptions:
    """All of our own store, on days that may be given."""
    nowhere = ServerOptions(url=None, user=None, password_file=None)
    return AgendaOptions(
        home=home,
        sources=(),
        calendars=(),
        with_store=True,
        server=nowhere,
        region_file=None,
        first=first,
        last=last,
        networks=(),
        themes=(),
    )


def read_password(*, from_stdin: bool, login: str) -> str:
    """A new password: the first line of standard input, or asked for twice. Raises BadInput, UsageError."""
    if from_stdin:
        try:
            # With the byte order mark that Windows' editors write: nobody could type it.
            return sys.stdin.buffer.readline().decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise BadInput(_("Le mot de passe n'est pas en UTF-8. Enregistrez le fichier en UTF-8.")) from error
    if not sys.stdin.isatty():
        raise UsageError(_("Il faut un mot de passe : donnez-le sur l'entrée standard avec --password-stdin."))
    return str(
        click.prompt(
            _("Mot de passe pour {login}").format(login=login),
            hide_input=True,
            confirmation_prompt=_("Encore une fois"),
            err=True,
        )
    )


def days_options(function: F) -> F:
    """`--from` and `--to`: the days, inclusive, of what a list shows."""
    function = click.option("--to", "last", type=Day(), help=_("Dernier jour, inclus."))(function)
    return click.option("--from", "first", type=Day(), help=_("Premier jour, inclus."))(function)


def check_days(first: date | None, last: date | None) -> None:
    """Raise UsageError for a period that ends before it begins."""
    if first is not None and last is not None and last < first:
        raise UsageError(_("La période finit avant d'avoir commencé : vérifiez --from et --to."))


def limit_option(function: F) -> F:
    """`--limit`: how much of a list whose newest stand first is shown."""
    return click.option(
        "--limit",
        default=MOST_SHOWN,
        show_default=True,
        type=click.IntRange(0),
        metavar="NOMBRE",
        help=_("Les plus récentes seulement ; 0 pour toutes."),
    )(function)


MOST_SHOWN = 50


def tell_more() -> None:
    """Say that a limit left some out."""
    click.echo(_("Il y en a d'autres, plus anciennes : --limit 0 les montre toutes."), err=True)
