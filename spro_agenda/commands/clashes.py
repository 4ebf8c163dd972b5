"""`clashes`: what people should settle between networks and sites, and what they said of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import click

from spro_agenda.agenda import Agenda
from spro_agenda.clashes import outstanding, remembered, sentence, state_of, voices, where
from spro_agenda.clashes.slot_words import when_words
from spro_agenda.commands.events import event_argument
from spro_agenda.commands.families import Family
from spro_agenda.commands.gathering import built, failures_of, tell_failures
from spro_agenda.commands.home import Home
from spro_agenda.commands.options import AgendaOptions, Day, Reason, agenda_options
from spro_agenda.commands.screen import colour, width
from spro_agenda.errors import Refused, UsageError
from spro_agenda.i18n import _, enumerated
from spro_agenda.model import REGION, SHORT, Account, Clash, Event, Kind, Role, Standing, State, Verdict, Weight, Window
from spro_agenda.region.records import Region
from spro_agenda.render import clash_csv, json, terminal
from spro_agenda.render.standing import history, kind_words, progress, state_words, weight_words
from spro_agenda.store import Actor, Reader, Writer

CLASHES_FOUND = 1

EXAMPLE = _("Exemple : spro-agenda clashes --from 2021-09-01 --to 2021-12-31 --network 28")
EXAMPLE_SHOW = _("Exemple : spro-agenda clashes show e93df454cc")
EXAMPLE_SETTLE = _('Exemple : spro-agenda clashes settle e93df454cc --by marie --why "deux publics différents"')
EXAMPLE_SAME = _("Exemple : spro-agenda clashes same e93df454cc --by marie")
EXAMPLE_REOPEN = _('Exemple : spro-agenda clashes reopen e93df454cc --by marie --why "la salle est trop petite"')
EXAMPLE_JOIN = _("Exemple : spro-agenda clashes join 3f2a9c81d0 --network 41")

F = TypeVar("F", bound=Callable[..., Any])


@click.command(cls=Family, epilog=EXAMPLE, short_help=_("Montre les conflits de dates, et les règle."))
@agenda_options
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind], case_sensitive=False),
    metavar=_("SORTE"),
    help=_("Ces sortes seulement : {kinds}.").format(kinds=", ".join(Kind)),
)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help=_("Ces états seulement : nouveau (new), assumé (settled), passé (past), résolu de lui-même (gone)."),
)
@click.option(
    "--as-of",
    type=Day(),
    metavar="JOUR",
    help=_("Ce qui reste à venir ce jour-là (à défaut : toute la période)."),
)
@click.option(
    "--format", "format_", type=click.Choice(["terminal", "json", "csv"]), default="terminal", show_default=True
)
@click.option(
    "--fail-on",
    type=click.Choice([weight.value for weight in Weight]),
    help=_("Finit par le code 1 s'il y a un conflit de ce poids, ou plus lourd, que personne n'a réglé."),
)
def clashes(
    options: AgendaOptions,
    kinds: tuple[str, ...],
    states: tuple[str, ...],
    as_of: date | None,
    format_: str,
    fail_on: str | None,
) -> int:
    """Montre les conflits de dates entre réseaux et entre sites, des mêmes sources que « merge ».

    De la base locale, on sait aussi ce que chacun en a dit : « clashes show ID » le montre, « clashes settle ID » en
    règle un, « clashes same ID » répond que c'est une même action.
    """
    wanted_kinds, wanted_states = frozenset(map(Kind, kinds)), frozenset(map(State, states))
    whole = built(options, as_of or date.today())

    def is_wanted(clash: Clash) -> bool:
        return (
            (not wanted_kinds or not {clash.kind, *clash.also}.isdisjoint(wanted_kinds))
            and (not wanted_states or whole.state_of(clash) in wanted_states)
            and (as_of is None or clash.dates[-1] >= as_of)
        )

    agenda = whole.with_clashes(is_wanted)
    gone = _gone(options, agenda, wanted_kinds) if State.GONE in wanted_states else []
    if format_ == "json":
        sys.stdout.buffer.write(json.render_clashes(agenda, gone))
    elif format_ == "csv":
        sys.stdout.buffer.write(clash_csv.render(agenda, gone))
    else:
        click.echo(terminal.render_clashes(agenda, gone, width=width(), colour=colour()), nl=False, color=colour())
    if fail_on and any(_alarms(agenda, clash, Weight(fail_on)) for clash in agenda.clashes):
        # A clash that was found is one, whatever could not be read beside it.
        if failure := failures_of(agenda.readings):
            click.echo(str(failure), err=True)
        return CLASHES_FOUND
    tell_failures(agenda.readings)
    return 0


def _alarms(agenda: Agenda, clash: Clash, weight: Weight) -> bool:
    return clash.weight.rank >= weight.rank and agenda.state_of(clash) is not State.SETTLED


def _gone(
    options: AgendaOptions, agenda: Agenda, kinds: frozenset[Kind]
) -> list[tuple[Standing, Sequence[Event | None]]]:
    """The clashes of our own store that went by themselves, of the networks and kinds that are asked for, and of the
    days: they went on one of them, or an event of theirs is on one. When they met, nobody knows any more."""
    if not options.uses_store:
        return []
    filters, zone = agenda.filters, agenda.region.time_zone
    networks, days = filters.networks, Window(filters.first, filters.last)
    with options.home.store().read() as reader:
        wanted = [
            each
            for each in reader.gone_standings()
            if (not kinds or each.kind in kinds) and (not networks or not set(networks).isdisjoint(each.sides))
        ]
        there = reader.on_days({event for each in wanted for event in each.events}, days.start, days.end)
        return [
            (each, _events(reader, each))
            for each in wanted
            if not there.isdisjoint(each.events)
            or (each.gone_at is not None and each.gone_at.astimezone(zone).date() in days)
        ]


def _events(reader: Reader, standing: Standing) -> list[Event | None]:
    return [reader.lead_of(event) for event in standing.events]


# One clash

_ID = click.argument("clash", metavar="ID")
_WHY = click.option("--why", default="", type=Reason(), metavar="TEXTE", help=_("Pourquoi : chacun le lira."))
_SEEN = click.option(
    "--seen",
    metavar=_("ÉTAT"),
    help=_("Seulement si rien n'a changé depuis l'état que « show » montre."),
)


def side_options(function: F) -> F:
    """`--by` and `--network`: who speaks, and for which side."""
    function = click.option(
        "--network",
        "sides",
        multiple=True,
        metavar="RÉSEAU",
        help=_("Pour quel réseau, ou « region » pour l'équipe régionale (à défaut : ceux de la personne)."),
    )(function)
    return click.option("--by", metavar="IDENTIFIANT", help=_("La personne qui parle ; elle doit en être."))(function)


@clashes.command(epilog=EXAMPLE_SHOW, short_help=_("Montre un conflit et son histoire."))
@_ID
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.pass_obj
def show(home: Home, clash: str, format_: str) -> None:
    """Montre un conflit de la base locale, ce que chacun en a dit, et qui doit encore parler.

    Un conflit résolu de lui-même garde son histoire.
    """
    with home.store().read() as reader:
        region, standing = reader.region(), reader.standing_called(clash)
        now, within = reader.clash_of(standing), reader.standings_within(standing)
        events = _events(reader, standing)
    state = state_of(standing, date.today())
    if format_ == "json":
        record = json.life_record(now, state, standing, region) if now else json.gone_record(standing, events, region)
        sys.stdout.buffer.write(json.document_bytes({"version": json.VERSION, "clash": record}))
        return
    lines = [sentence(now) if now else remembered(standing, events), _facts(now, standing, state)]
    details = [
        *(_meetings(now, region) if now else ()),
        *history(standing, within, region),
        *_missing(standing, region),
    ]
    click.echo(terminal.render_clash(lines, details, width=width(), colour=colour()), nl=False, color=colour())


def _meetings(clash: Clash, region: Region) -> Iterator[str]:
    """Its events on the first of its dates, a line each: « 28 Dreux, 14h–17h, Mairie »."""
    day = clash.dates[0]
    for member in clash.members:
        if member.first_day <= day <= member.last_day:
            event = member.event
            place = event.location if event.location not in (event.town, event.site) else ""
            when = when_words(member, day, region.time_zone)
            title = _("« {title} »").format(title=event.title)
            yield ", ".join(part for part in (where(event), when, title, place) if part)


def _facts(now: Clash | None, standing: Standing, state: State) -> str:
    weight = (weight_words(standing.weight),) if standing.weight else ()
    seen = _("état {fingerprint}").format(fingerprint=standing.fingerprint[:SHORT])
    return " · ".join(
        (kind_words(standing.kind, now.also if now else ()), *weight, state_words(state), standing.id, seen)
    )


def _missing(standing: Standing, region: Region) -> list[str]:
    missing = outstanding(standing) if standing.gone_at is None else ()
    names = enumerated([region.name_of(code) for code in missing]) if missing else ""
    return [_("on attend {names}").format(names=names)] if missing else []


@clashes.command(epilog=EXAMPLE_SETTLE, short_help=_("Dit qu'un conflit peut rester."))
@_ID
@_WHY
@side_options
@_SEEN
@click.pass_obj
def settle(home: Home, clash: str, why: str, by: str | None, sides: tuple[str, ...], seen: str | None) -> None:
    """Dit pour un réseau qu'un conflit peut rester. Entre réseaux, chacun doit le dire, ou l'équipe régionale.

    Si une action change ensuite de date, d'heure, de rythme ou de lieu, le conflit est à regarder de nouveau.
    """
    saying = Saying("settle", Verdict.ACCEPTED, is_bare=not (why or seen))
    _say(home, clash, by, sides, lambda writer, name, side: writer.settle(name, side, why, seen), saying)
    if not why:
        click.echo(_("Sans --why, personne ne lira pourquoi."), err=True)


@clashes.command(epilog=EXAMPLE_SAME, short_help=_("Dit que c'est une même action."))
@_ID
@_WHY
@side_options
@_SEEN
@click.pass_obj
def same(home: Home, clash: str, why: str, by: str | None, sides: tuple[str, ...], seen: str | None) -> None:
    """Répond « oui » à « même action ? » : tenue en plusieurs lieux, elle ne fait plus conflit avec elle-même.

    Pour un doublon, donnez l'identifiant que « opportunities » montre à « opportunities same ».
    """
    saying = Saying("same", Verdict.SAME, is_bare=not (why or seen))
    _say(home, clash, by, sides, lambda writer, name, side: writer.say_same(name, side, why, seen), saying)


@clashes.command(epilog=EXAMPLE_REOPEN, short_help=_("Revient sur ce qui a été dit d'un conflit."))
@_ID
@_WHY
@side_options
@click.pass_obj
def reopen(home: Home, clash: str, why: str, by: str | None, sides: tuple[str, ...]) -> None:
    """Rouvre un conflit réglé, pour tous ; ce qui en a été dit reste dans son histoire."""
    saying = Saying("reopen", Verdict.REOPENED)
    _say(home, clash, by, sides[:1] or sides, lambda writer, name, side: writer.reopen(name, side, why), saying)


@dataclass(frozen=True, slots=True)
class Saying:
    """What a command says of a clash; `is_bare`: without a word of why, or of what was seen."""

    command: str
    verdict: Verdict
    is_bare: bool = False


def _say(
    home: Home,
    clash: str,
    by: str | None,
    sides: tuple[str, ...],
    say: Callable[[Writer, str, str], Standing],
    saying: Saying,
) -> None:
    """Say something of a clash for the sides of whoever speaks, and how it stands then. Who says a thing again without
    a further word adds nothing."""
    with home.store().write(_actor(by, saying.command)) as writer:
        region, standing = writer.region(), writer.standing_called(clash)
        known = {side for side, each in voices(standing).items() if each.verdict is saying.verdict}
        chosen = _sides(writer, standing, by, [region.code_of(each) for each in sides])
        for side in chosen if saying.verdict is not Verdict.REOPENED else chosen[:1]:
            if not (saying.is_bare and side in known):
                standing = say(writer, standing.identity, side)
        now = writer.clash_of(standing)
    again = _("« {name} » l'avait déjà dit ; votre mot est ajouté")
    if saying.is_bare:
        again = _("« {name} » l'avait déjà dit : rien n'est ajouté")
    details = [
        *(again.format(name=region.name_of(side)) for side in chosen if side in known),
        *progress(standing, region),
    ]
    lines = [sentence(now)] if now else []
    click.echo(terminal.render_clash(lines, details, width=width(), colour=colour()), nl=False, color=colour())
    if saying.verdict is Verdict.REOPENED:
        click.echo(_("Le conflit {id} est de nouveau à régler.").format(id=standing.id))
    elif not outstanding(standing):
        click.echo(_("Le conflit {id} est réglé.").format(id=standing.id))


def _actor(by: str | None, command: str) -> Actor:
    return Actor(login=(by or "").strip().lower(), agent=f"spro-agenda clashes {command}")


def _sides(writer: Writer, standing: Standing, by: str | None, given: Sequence[str]) -> tuple[str, ...]:
    """For whom somebody speaks: the sides that are given, else all of theirs in the clash, else the only one.

    Raises UsageError, NotFound, Refused (a side that is not the person's).
    """
    own = _own_sides(writer.account(by)) if by is not None else None
    if given:
        for side in given:
            if own is not None and side not in own:
                raise Refused(
                    _("{login} ne parle pas pour « {name} ». « spro-agenda users show {login} » dit pour qui.").format(
                        login=by, name=writer.region().name_of(side)
                    )
                )
        return tuple(dict.fromkeys(given))
    names = enumerated([writer.region().name_of(code) for code in standing.sides])
    if own is None:
        if len(standing.sides) == 1:
            return standing.sides
        raise UsageError(_("Dites pour qui vous parlez, avec --network : {names}, ou region.").format(names=names))
    theirs = tuple(side for side in (*standing.sides, REGION) if side in own)
    if not theirs:
        raise Refused(_("Ce conflit est celui de {names} : {login} n'en est pas.").format(names=names, login=by))
    return tuple(dict.fromkeys(theirs))


def _own_sides(account: Account) -> frozenset[str]:
    return frozenset((*account.networks, *([REGION] if account.role is Role.REGION else [])))


@clashes.command(epilog=EXAMPLE_JOIN, short_help=_("Dit que mon réseau participe à une action."))
@event_argument
@click.option("--network", "participant", required=True, metavar="RÉSEAU", help=_("Le réseau qui participe."))
@click.option("--by", metavar="IDENTIFIANT", help=_("La personne qui le dit ; elle doit en être."))
@click.option("--leave", is_flag=True, help=_("Il ne participe plus."))
@click.pass_obj
def join(home: Home, event: str, participant: str, by: str | None, leave: bool) -> None:
    """Dit qu'un réseau participe à l'action d'un autre, qui lui est ouverte : l'agenda le nomme, sans rien retaper."""
    with home.store().write(_actor(by, "join")) as writer:
        key, code = writer.event_called(event), writer.region().code_of(participant)
        if by is not None and code not in _own_sides(writer.account(by)):
            raise Refused(
                _("{login} ne parle pas pour « {name} ». « spro-agenda users show {login} » dit pour qui.").format(
                    login=by, name=writer.region().name_of(code)
                )
            )
        (writer.leave if leave else writer.join)(key, code)
        lead, name = writer.lead_of(key), writer.region().name_of(code)
    told = _("« {name} » ne participe plus à « {title} ».") if leave else _("« {name} » participe à « {title} ».")
    click.echo(told.format(name=name, title=lead.title if lead else key.id))
