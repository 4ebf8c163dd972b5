"""`date`: a date for an event that had none, or only words for one."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from spro_agenda.clashes import sentence, where
from spro_agenda.commands.events import confirm, event_argument, yes_option
from spro_agenda.commands.home import Home
from spro_agenda.commands.options import Day
from spro_agenda.commands.screen import width
from spro_agenda.errors import UsageError
from spro_agenda.i18n import _, hour_words, period_words
from spro_agenda.ical.firm import Dates
from spro_agenda.model import Event, Window
from spro_agenda.region.entry import read_entry
from spro_agenda.render.terminal import MARK, wrapped
from spro_agenda.store import Actor

if TYPE_CHECKING:
    _HourType = click.ParamType[datetime.time]
else:
    # Generic since click 8.4 only.
    _HourType = click.ParamType

EXAMPLE = _("Exemple : spro-agenda date 3f2a9c81d0 --on 2021-10-08 --from 14h --to 17h")
_HOUR = re.compile(r"([0-9]{1,2})\s*(?:[hH:]\s*([0-9]{2})?)?")


class Hour(_HourType):
    """An hour as people type it: 14h, 14h30, 14:30."""

    name = "heure"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime.time:
        if isinstance(value, datetime.time):
            return value
        if found := _HOUR.fullmatch(value.strip()):
            hour, minute = int(found[1]), int(found[2] or 0)
            if hour < 24 and minute < 60:
                return datetime.time(hour, minute)
        wrong = _("« {value} » n'est pas une heure. Écrivez par exemple 14h ou 9h30.")
        self.fail(wrong.format(value=value), param, ctx)


@click.command(epilog=EXAMPLE, short_help=_("Donne sa date à un événement qui n'en a pas."))
@event_argument
@click.option("--on", "first", type=Day(), required=True, help=_("Jour où il a lieu, ou commence."))
@click.option("--until", "last", type=Day(), help=_("Dernier jour, inclus, s'il en dure plusieurs."))
@click.option("--from", "begins", type=Hour(), help=_("Heure à laquelle il commence (à défaut : la journée)."))
@click.option("--to", "ends", type=Hour(), help=_("Heure à laquelle il finit."))
@yes_option
@click.pass_obj
def date(
    home: Home,
    event: str,
    first: datetime.date,
    last: datetime.date | None,
    begins: datetime.time | None,
    ends: datetime.time | None,
    yes: bool,
) -> None:
    """Donne sa date à un événement de la base locale qui n'en a pas encore, et dit quels conflits elle ferait.

    ÉVÉNEMENT est le code que montrent « opportunities » et « history », ou RÉSEAU/UID (28/<uid>). Les applications
    reçoivent la date ; l'historique garde ce qui était. Dans sa propre application, on retire le crochet du titre et
    l'on met la date.

    Un jour hors de la période annoncée, ou déjà passé quand rien n'était annoncé, demande une confirmation.
    """
    last = last or first
    _check(first, last, begins, ends)
    store = home.store()
    with store.read() as reader:
        doubt = _doubt(reader.lead_of(reader.event_called(event)), Window(first, last))
    if doubt:
        click.echo(doubt, err=True)
        confirm(_("Donner cette date quand même ?"), yes=yes)
    with store.write(Actor(agent="spro-agenda date")) as writer:
        region, key = writer.region(), writer.event_called(event)
        dates = _dates(first, last, begins, ends, region.time_zone)
        written = writer.date_event(key.network, key.uid, dates)
        found = writer.unsettled_of(key.network, key.uid)

        def lead(body: bytes) -> Event:
            return read_entry(body, key.network, region, key.id).lead

    after = lead(written.object.body)
    click.echo(
        _("« {title} » ({where}) a sa date : {when}.").format(title=after.title, where=where(after), when=_words(dates))
    )
    for clash in found:
        click.echo(wrapped(f"{MARK} {clash.kind} : {sentence(clash)} [{clash.id}]", width()))
    if not found:
        click.echo(_("Aucun conflit à cette date."))


def _check(first: datetime.date, last: datetime.date, begins: datetime.time | None, ends: datetime.time | None) -> None:
    """Raise UsageError for days and hours that make no date."""
    if (begins is None) != (ends is None):
        raise UsageError(_("Dites à quelle heure il commence et à quelle heure il finit : --from 14h --to 17h."))
    if last < first or (begins is not None and ends is not None and last == first and ends <= begins):
        raise UsageError(_("L'événement finirait avant d'avoir commencé : vérifiez le jour et l'heure de fin."))


def _dates(
    first: datetime.date,
    last: datetime.date,
    begins: datetime.time | None,
    ends: datetime.time | None,
    zone: ZoneInfo,
) -> Dates:
    if begins is None or ends is None:
        return Dates(first, last)
    return Dates(datetime.datetime.combine(first, begins, zone), datetime.datetime.combine(last, ends, zone))


def _words(dates: Dates) -> str:
    """« le vendredi 8 octobre 2021, de 14h à 17h », « du 8 au 9 octobre 2021 »."""
    start, end = dates.start, dates.end
    if not (isinstance(start, datetime.datetime) and isinstance(end, datetime.datetime)):
        return period_words(start, end)
    if start.date() == end.date():
        return _("{day}, de {begins} à {ends}").format(
            day=period_words(start.date(), start.date()), begins=hour_words(start), ends=hour_words(end)
        )
    return _("{days}, de {begins} le premier jour à {ends} le dernier").format(
        days=period_words(start.date(), end.date()), begins=hour_words(start), ends=hour_words(end)
    )


def _doubt(before: Event | None, days: Window) -> str:
    """Why a date is likely not what was meant; "" where nothing speaks against it. A day that is past is what is asked
    for once the days that were announced are over."""
    if before is None:
        return ""
    if before.window is not None:
        if days.start in before.window and days.end in before.window:
            return ""
        announced = f"« {before.date_words} »" if before.date_words else _("la période annoncée")
        return _("C'est hors de {announced}, {days} : prévenez qui comptait dessus.").format(
            announced=announced, days=period_words(before.window.start, before.window.end)
        )
    if days.end < datetime.date.today():
        return _("{days}, c'est passé : vérifiez l'année.").format(days=period_words(days.start, days.end).capitalize())
    return ""
