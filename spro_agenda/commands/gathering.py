"""What commands on an agenda share: reading its sources, and telling which of them failed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from spro_agenda.agenda import NOTHING, Agenda, Filters, Said, build
from spro_agenda.commands.options import AgendaOptions, SourceOptions
from spro_agenda.errors import SourcesFailed, UsageError
from spro_agenda.i18n import _
from spro_agenda.region.records import Region
from spro_agenda.region.words import normalise
from spro_agenda.sources import Gathered, Reading, gather


def built(options: AgendaOptions, as_of: date | None = None) -> Agenda:
    """The agenda of the options' sources, its clashes as on a day, else on the first day asked for. Raises what
    `gathered_from` raises."""
    region = options.region()
    filters = options.filters(region)
    return build(gathered_from(options, region, filters), region, filters, said(options), as_of)


def said(options: SourceOptions) -> Said:
    """What people said of events, where our own store is read."""
    if not options.uses_store:
        return NOTHING
    with options.home.store().read() as reader:
        return Said(
            apart=reader.apart(),
            families=reader.families(),
            standings=reader.live_standings(),
            participants=reader.participants(),
        )


def gathered_from(options: SourceOptions, region: Region, filters: Filters) -> Gathered:
    """What the options' sources hold. Raises an only source's error, or SourcesFailed, when none gave anything."""
    gathered = gather(options.opened(region), region, filters.first, filters.last)
    errors = [reading.error for reading in gathered.readings if reading.error]
    if errors and len(errors) == len(gathered.readings) and not gathered.entries:
        # An agenda of nothing would take the place of yesterday's good one.
        raise (
            errors[0]
            if len(errors) == 1
            else SourcesFailed(
                _("{sentences}\nAucune source n'a pu être lue : rien n'a été écrit.").format(
                    sentences="\n".join(f"⚠ {error}" for error in errors)
                )
            )
        )
    _check_themes(filters, gathered, region)
    return gathered


def _check_themes(filters: Filters, gathered: Gathered, region: Region) -> None:
    """Raise UsageError for a theme that neither the region nor any event names: a slip of the pen."""
    named = [theme.name for theme in region.themes]
    used = {normalise(theme) for entry in gathered.entries for event in entry.events for theme in event.themes}
    for theme in filters.themes:
        if normalise(theme) not in {*used, *map(normalise, named)}:
            raise UsageError(
                _("Aucune action n'a le thème « {theme} ». Thèmes connus : {known}.").format(
                    theme=theme, known=", ".join(named)
                )
            )


def tell_failures(readings: Sequence[Reading]) -> None:
    """Raise SourcesFailed for the sources that could not be read."""
    if failure := failures_of(readings):
        raise failure


def failures_of(readings: Sequence[Reading]) -> SourcesFailed | None:
    """The sources that could not be read, each with its own sentence."""
    errors = [reading.error for reading in readings if reading.error]
    if not errors:
        return None
    sentences = "\n".join(f"⚠ {error}" for error in errors)
    return SourcesFailed(
        _("{sentences}\nCes sources n'ont pas été lues, ou pas entièrement ; les autres sont dans l'agenda.").format(
            sentences=sentences
        )
    )
