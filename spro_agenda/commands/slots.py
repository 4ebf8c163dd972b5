"""`slots`: what a day would clash with before anything is written, and where there is room."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

import click

from spro_agenda.agenda import Filters
from spro_agenda.clashes.lengths import Length, Stretch, read_length, stretches
from spro_agenda.clashes.slots import Booked, find_slots, placed
from spro_agenda.commands.dating import Hour
from spro_agenda.commands.families import called
from spro_agenda.commands.gathering import failures_of, gathered_from, tell_failures
from spro_agenda.commands.options import Day, SourceOptions, source_options
from spro_agenda.commands.screen import colour, width
from spro_agenda.errors import NotFound, UsageError
from spro_agenda.i18n import _, period_words
from spro_agenda.model import ALL, REGION, EventKey, Scope, Weight, Window
from spro_agenda.region.draft import Draft, event_of
from spro_agenda.region.records import Region, Town
from spro_agenda.region.words import normalise
from spro_agenda.render import slots as rendered
from spro_agenda.sources import Gathered

if TYPE_CHECKING:
    _PeriodType = click.ParamType[Window]
    _ScopeType = click.Choice[str]
else:
    # Generic since click 8.4 only.
    _PeriodType = click.ParamType
    _ScopeType = click.Choice

EXAMPLE_CHECK = _("Exemple : spro-agenda slots check --network 28 --site Dreux --date 2021-10-08 --from 14h --to 17h")
EXAMPLE_FIND = _(
    'Exemple : spro-agenda slots find --networks 28,45 --between 2021-10-01/2021-10-31 --length "demi-journée"'
)
CLASHES_FOUND = 1
_MOST_DAYS = 366
_EVERYBODY = frozenset({"tous", "tous les reseaux"})
_DAY = r"\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4}"
_DAYS = re.compile(rf"({_DAY})\s*(?:/|\.\.|\s)\s*({_DAY})")

T = TypeVar("T")


class Period(_PeriodType):
    """Two days, both inclusive: 2021-10-01/2021-10-31."""

    name = "jours"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Window:
        if isinstance(value, Window):
            return value
        said = _DAYS.fullmatch(str(value).strip())
        if said is None:
            self.fail(
                _("« {value} » n'est pas une période. Écrivez par exemple 2021-10-01/2021-10-31.").format(value=value),
                param,
                ctx,
            )
        first, last = (Day().convert(day, param, ctx) for day in said.groups())
        return Window(first, last)


class WithPeriod(click.Command):
    """A command whose `--between` may be followed by two days rather than by one value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--between") if "--between" in args else len(args)
        days = args[at + 1 : at + 3]
        if len(days) == 2 and all(re.fullmatch(_DAY, day) for day in days):
            args = [*args[: at + 1], "/".join(days), *args[at + 3 :]]
        return super().parse_args(ctx, args)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOptions:
    """What is known of the event that somebody thinks of."""

    title: str
    site: str | None
    place: str
    speakers: tuple[str, ...]
    partners: tuple[str, ...]
    publics: tuple[str, ...]
    themes: tuple[str, ...]
    scope: str | None
    open_to: str

    def drafts(self, networks: Sequence[str], region: Region) -> dict[str, Draft]:
        """The event as each of the networks would enter it; the site is that of the network that has it.

        Raises UnknownNetwork, UsageError.
        """
        town = _town(self.site, networks, region) if self.site else None
        open_to = _open_to(self.open_to, region)
        return {
            code: Draft(
                title=self.title,
                site=town.name if town and code in (town.network, REGION) else "",
                place=self.place,
                speakers=self.speakers,
                partners=self.partners,
                publics=self.publics,
                themes=self.themes,
                scope=self.scope or "",
                open_to=open_to,
            )
            for code in networks
        }


_DRAFT = ("title", "site", "place", "speakers", "partners", "publics", "themes", "scope", "open_to")


class ScopeChoice(_ScopeType):
    """A portée, with or without its accents."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        meant = next((scope.value for scope in Scope if normalise(scope) == normalise(str(value))), value)
        return str(super().convert(meant, param, ctx))


def draft_options(function: Callable[..., T]) -> Callable[..., T]:
    """What is known of the event, as the argument `draft`."""

    @click.option("--site", metavar="SITE", help=_("Site du réseau, ou ville connue de son département."))
    @click.option("--place", default="", metavar="LIEU", help=_("Lieu : « Mission locale, salle 2 »."))
    @click.option("--title", default="", metavar="TITRE", help=_("Titre ; les noms connus y sont reconnus."))
    @click.option("--speaker", "speakers", multiple=True, metavar="NOM", help=_("Intervenant."))
    @click.option("--partner", "partners", multiple=True, metavar="NOM", help=_("Partenaire ou équipement."))
    @click.option("--public", "publics", multiple=True, metavar="PUBLIC", help=_("Public attendu."))
    @click.option("--theme", "themes", multiple=True, metavar="THÈME", help=_("Thème."))
    @click.option(
        "--scope",
        type=ScopeChoice([scope.value for scope in Scope]),
        help=_("Portée (à défaut : d'après le titre, sinon action)."),
    )
    @click.option("--open-to", default="", metavar="RÉSEAUX", help=_("Ouvert à : tous, ou 41,37."))
    @functools.wraps(function)
    def gathered(*args: Any, **kwargs: Any) -> T:
        own = {name: kwargs.pop(name) for name in _DRAFT}
        return function(*args, draft=DraftOptions(**own), **kwargs)

    return gathered


_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True
)


@click.group(subcommand_metavar=_("COMMANDE [ARGUMENTS]..."), short_help=_("Dit si un jour est libre, et en propose."))
def slots() -> None:
    """Dit si un jour est libre, et en propose, avant d'écrire quoi que ce soit."""


@slots.command(epilog=EXAMPLE_CHECK, short_help=_("Dit ce qu'un jour ou une heure gênerait."))
@source_options
@click.option("--network", required=True, metavar="RÉSEAU", help=_("Réseau de l'événement, par code ou par nom."))
@click.option("--date", "first", type=Day(), required=True, help=_("Le jour, ou le premier."))
@click.option("--until", "last", type=Day(), help=_("Le dernier jour, inclus (à défaut : le même)."))
@click.option("--from", "begins", type=Hour(), help=_("Heure de début, le premier jour (à défaut : toute la journée)."))
@click.option("--to", "ends", type=Hour(), help=_("Heure de fin, le dernier jour."))
@draft_options
@click.option(
    "--except", "excepted", metavar="ID", help=_("L'événement que l'on déplace : il ne se gêne pas lui-même.")
)
@_FORMAT
@click.option(
    "--fail-on",
    type=click.Choice([weight.value for weight in Weight]),
    help=_("Finit par le code 1 s'il y a un conflit de ce poids, ou plus lourd."),
)
def check(
    options: SourceOptions,
    network: str,
    first: date,
    last: date | None,
    begins: time | None,
    ends: time | None,
    draft: DraftOptions,
    excepted: str | None,
    format_: str,
    fail_on: str | None,
) -> int:
    """Dit ce qu'un événement gênerait ce jour-là, sans rien écrire : « puis-je poser le 8 octobre à Dreux ? »

    Seul compte ce qui est dit de l'événement : sans --speaker, personne ne peut être pris deux fois. Les dates encore à
    fixer comptent toutes (POSSIBLE), quelle que soit leur période.
    """
    region = options.region()
    code = region.code_of(network)
    stretch = _stretch(first, last or first, begins, ends, region)
    event = event_of(draft.drafts([code], region)[code], code, region)
    gathered, booked = _booked(options, region, stretch.days)
    if excepted is not None:
        booked = _without(excepted, booked, gathered, region)
    _tell_past(stretch.days)
    examined = booked.examine(placed(event, stretch))
    if format_ == "json":
        sys.stdout.buffer.write(rendered.check_as_json(examined, stretch, region, gathered.readings))
    else:
        text = rendered.render_check(examined, stretch, region, width=width(), colour=colour())
        click.echo(text, nl=False, color=colour())
    if fail_on and any(finding.weight.rank >= Weight(fail_on).rank for finding in examined.findings):
        # A clash that was found is one, whatever could not be read beside it.
        if failure := failures_of(gathered.readings):
            click.echo(str(failure), err=True)
        return CLASHES_FOUND
    tell_failures(gathered.readings)
    return 0


@slots.command(cls=WithPeriod, epilog=EXAMPLE_FIND, short_help=_("Propose des créneaux, les meilleurs d'abord."))
@source_options
@click.option(
    "--networks",
    "--network",
    "networks",
    multiple=True,
    required=True,
    metavar="RÉSEAUX",
    help=_("Tous ceux qui doivent être libres : 28,45."),
)
@click.option(
    "--between",
    type=Period(),
    required=True,
    metavar="JOUR/JOUR",
    help=_("Entre ces jours, inclus : 2021-10-01/2021-10-31."),
)
@click.option(
    "--length",
    required=True,
    metavar="DURÉE",
    help=_("demi-journée, matinée, après-midi, journée, 2h, 1h30, 2 jours."),
)
@draft_options
@click.option("--count", type=click.IntRange(1), default=10, show_default=True, metavar="NOMBRE", help=_("Combien."))
@_FORMAT
def find(
    options: SourceOptions,
    networks: tuple[str, ...],
    between: Window,
    length: str,
    draft: DraftOptions,
    count: int,
    format_: str,
) -> None:
    """Propose des créneaux libres pour tous ces réseaux à la fois, les meilleurs d'abord, et dit ce qui les gêne.

    Des jours ouvrés seulement, de 9h à 12h et de 14h à 17h, deux créneaux par jour au plus. Passent d'abord ceux qui
    n'ont pas de conflit, puis ceux qu'une date à fixer ne menace pas, hors des périodes et des vacances scolaires, les
    jours où ces réseaux n'ont rien d'autre.
    """
    region = options.region()
    codes = _codes(networks, region)
    wanted, between = _length(length), _days_to_come(between)
    events = [event_of(each, code, region) for code, each in draft.drafts(codes, region).items()]
    gathered, booked = _booked(options, region, between)
    found = find_slots(events, stretches(wanted, between, region.time_zone), booked, count)
    asked = rendered.Asked(networks=codes, between=between, length=length)
    if format_ == "json":
        sys.stdout.buffer.write(rendered.found_as_json(found, asked, region, gathered.readings))
    else:
        text = rendered.render_found(found, asked, region, width=width(), colour=colour())
        click.echo(text, nl=False, color=colour())
    tell_failures(gathered.readings)


def _booked(options: SourceOptions, region: Region, days: Window) -> tuple[Gathered, Booked]:
    """What stands on those days and beside them: a road may begin the day before."""
    first, last = days.start - timedelta(days=1), days.end + timedelta(days=1)
    gathered = gathered_from(options, region, Filters(first=first, last=last))
    booked = Booked(
        firm=tuple(each for entry in gathered.entries for each in entry.occurrences(first, last)),
        vague=tuple(each for entry in gathered.entries if (each := entry.over_its_window())),
        region=region,
    )
    return gathered, booked


def _stretch(first: date, last: date, begins: time | None, ends: time | None, region: Region) -> Stretch:
    """The time that is asked for. Raises UsageError where it ends before it begins."""
    _check_period(Window(first, last), "--date", "--until")
    if begins is None and ends is None:
        midnight, past = (datetime.combine(day, time(), region.time_zone) for day in (first, last + timedelta(days=1)))
        return Stretch(midnight, past, all_day=True)
    if begins is None or ends is None:
        raise UsageError(_("Il faut l'heure de début et celle de fin : --from 14h --to 17h, ou ni l'une ni l'autre."))
    stretch = Stretch(datetime.combine(first, begins, region.time_zone), datetime.combine(last, ends, region.time_zone))
    if stretch.end <= stretch.start:
        raise UsageError(_("L'événement finit avant d'avoir commencé : vérifiez --from et --to."))
    return stretch


def _check_period(days: Window, *names: str) -> None:
    if days.end < days.start:
        raise UsageError(
            _("La période finit avant d'avoir commencé : vérifiez {names}.").format(names=_(" et ").join(names))
        )
    if (days.end - days.start).days >= _MOST_DAYS:
        raise UsageError(_("La période est trop longue : un an au plus. Vérifiez {names}.").format(names=names[-1]))


def _tell_past(days: Window) -> None:
    if days.end < date.today():
        click.echo(
            _("{when}, c'est passé : voici ce qu'il en aurait été.").format(
                when=period_words(days.start, days.end).capitalize()
            ),
            err=True,
        )


def _days_to_come(between: Window) -> Window:
    """Of days that have begun, those that are to come; days that are all over are taken as they are. Raises
    UsageError."""
    _check_period(between, "--between")
    today = date.today()
    if between.end < today:
        _tell_past(between)
        return between
    return Window(max(between.start, today), between.end)


def _length(text: str) -> Length:
    found = read_length(text)
    if found is None:
        raise UsageError(
            _(
                "« {text} » n'est pas une durée que l'on sait placer. Écrivez par exemple « demi-journée », "
                "« matinée », « 1h30 » ou « 2 jours » : 8 heures ou 5 jours au plus."
            ).format(text=text)
        )
    return found


def _codes(networks: Iterable[str], region: Region) -> tuple[str, ...]:
    """The codes of all that is named, each once. Raises UnknownNetwork, UsageError."""
    asked = [part.strip() for network in networks for part in network.split(",") if part.strip()]
    if not asked:
        raise UsageError(_("Indiquez au moins un réseau : --networks 28,45."))
    return tuple(dict.fromkeys(region.code_of(network) for network in asked))


def _town(given: str, networks: Sequence[str], region: Region) -> Town:
    """The site or town of one of the networks that is called like that; of any, for the regional team.

    Raises UsageError.
    """
    named = [town for town in region.all_towns if town.is_called(given)]
    own = [town for town in named if town.network in networks or REGION in networks]
    if own:
        return own[0]
    if named:
        raise UsageError(
            _("« {site} » est du réseau {network}. Choisissez ce réseau, ou dites le lieu avec --place.").format(
                site=named[0].name, network=region.name_of(named[0].network)
            )
        )
    known = [town.name for town in region.all_towns if town.network in networks or REGION in networks]
    raise UsageError(
        _("Le site « {site} » n'est pas connu ici. Sites et villes connus : {known}.").format(
            site=given, known=", ".join(known)
        )
    )


def _open_to(given: str, region: Region) -> str:
    """The words for whom it is open to. Raises UnknownNetwork."""
    if normalise(given) in _EVERYBODY or given == ALL:
        return "tous les réseaux"
    return ", ".join(region.code_of(part.strip()) for part in given.split(",") if part.strip())


def _without(excepted: str, booked: Booked, gathered: Gathered, region: Region) -> Booked:
    """What is booked without one event; one of other days is not in the way, which is said. Raises UnknownNetwork,
    UsageError."""
    keys = [entry.key for entry in gathered.entries]
    network, slash, rest = excepted.partition("/")
    try:
        if not slash:
            return booked.without(called(excepted, keys, ""))
        code = region.code_of(unquote(network))
        # The second, for an UID that holds a slash and was typed as it is.
        for key in (EventKey(code, unquote(rest.partition("/")[0])), EventKey(code, unquote(rest))):
            if key in keys:
                return booked.without(key)
    except NotFound:
        pass
    click.echo(_("« {name} » n'est pas parmi les événements de ces jours.").format(name=excepted), err=True)
    return booked
