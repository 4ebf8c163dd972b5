"""A clash in French, for a coordinator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spro_agenda.clashes.reminders import Reminder
from spro_agenda.i18n import _, counted, day_words, days_words, enumerated, period_words
from spro_agenda.model import REGION, Chance, Clash, Event, Kind, Occurrence, Opportunity, Shared, Standing
from spro_agenda.region.records import REGION_CALLED
from spro_agenda.region.words import normalise


def question(kind: Kind, members: Sequence[Occurrence]) -> str | None:
    """What to ask people before anything else: sites that hold the same title on the same days may be one action."""
    same_title = len({normalise(member.event.title) for member in members}) == 1
    sites = {member.key.event: member.event.site for member in members}
    if kind is Kind.SITES and same_title and len(set(sites.values())) == len(sites):
        return _("même action ?")
    return None


def headline(clash: Clash | Standing) -> str:
    """What the members share, in a few words: « même lieu : … »."""
    labels = {
        Shared.PLACE: _("même lieu : {key}"),
        Shared.SPEAKER: _("même intervenant : {key}"),
        Shared.TITLE: _("plusieurs sites le même jour : {key}"),
        Shared.THEME: _("plusieurs sites le même jour, même thème : {key}"),
        Shared.PUBLIC: _("plusieurs sites le même jour, même public : {key}"),
        Shared.PARTNER: _("plusieurs sites le même jour, même partenaire : {key}"),
        Shared.SCOPE: _("plusieurs sites le même jour, chacun avec un événement"),
        Shared.ROAD: _("même intervenant, et trop peu de temps pour la route : {key}"),
        Shared.HIGHLIGHT: _("pendant un temps fort : {key}"),
        Shared.DAY: _("jour où l'on vient peu ({key})"),
        Shared.PERIOD: _("pendant une période à éviter : {key}"),
    }
    if clash.kind is not Kind.SITES:
        labels |= {Shared.PARTNER: _("même partenaire en tournée : {key}"), Shared.PUBLIC: _("même public : {key}")}
    said = labels[clash.shared].format(key=clash.key)
    return _("selon la date qui sera choisie, {what}").format(what=said) if clash.kind is Kind.POSSIBLE else said


def sentence(clash: Clash) -> str:
    """The whole finding in one sentence, dates and members included."""
    who = _who(_each_once(member.event for member in clash.members), clash.count)
    asked = f" — {clash.question}" if clash.question else ""
    when = days_words(clash.dates)
    return f"{headline(clash)[0].upper()}{headline(clash)[1:]}, {when} : {who}{asked}"


def _who(events: Sequence[Event], count: int) -> str:
    """The events, their title once where it is the same; `count` is how many there are, perhaps more than are known."""
    if len({normalise(event.title) for event in events}) > 1:
        return some([_with_its_place(event) for event in events], count)
    places = some([where(event) for event in events], count)
    if all(event.site or event.town for event in events):
        return _("« {title} » à {where}").format(title=events[0].title, where=places)
    return _("« {title} » ({where})").format(title=events[0].title, where=places)


def some(parts: Sequence[str], count: int) -> str:
    """« a, b et c »; of a crowd the first ones, « et 45 autres ». `count` is how many there are in all."""
    if count <= _MOST_NAMED:
        return enumerated(parts)
    named = parts[:_NAMED_OF_A_CROWD]
    return _("{named} et {others} autres").format(named=", ".join(named), others=count - len(named))


_MOST_NAMED, _NAMED_OF_A_CROWD = 10, 5


def remembered(standing: Standing, events: Sequence[Event | None]) -> str:
    """A clash that is gone, in one sentence; `None` stands for an event that nobody sees any more."""
    known = [event for event in events if event is not None]
    who = _who(known, len(known)) if known else _("des actions retirées depuis")
    said = headline(standing) if standing.key else _("motif retiré")
    return f"{said[0].upper()}{said[1:]} : {who}"


def advice(opportunity: Opportunity) -> str:
    """What could be done, and which network to call, in one sentence."""
    events = opportunity.events
    who = _each_with_its_place(events)
    sentences = {
        Chance.OPEN: _("{who} pourrait s'ouvrir aux autres réseaux : demandez-le {to}."),
        Chance.SHARE: _("{key} intervient dans plusieurs réseaux : {who}. Mettez-vous d'accord {between}."),
        Chance.TOUR: _(
            "{key} passe dans plusieurs réseaux en trois semaines : {who}. Un seul déplacement suffirait ; "
            "appelez-vous {between}."
        ),
        Chance.REUSE: _("{key} a déjà été fait, et se prépare ailleurs : {who}. Demandez {to} ce qui est à reprendre."),
        Chance.TWICE: _("Même action ? {who} : même titre, même moment. Décidez-le {between}."),
    }
    if not opportunity.is_held:
        sentences[Chance.REUSE] = _(
            "{key} se prépare dans plusieurs réseaux, et l'un propose de le reprendre : {who}. Demandez {to} ce qui "
            "est à reprendre."
        )
    codes = list(dict.fromkeys(event.key.network for event in events))
    return sentences[opportunity.chance].format(key=opportunity.key, who=who, to=_to(codes), between=_between(codes))


def reminding(reminder: Reminder) -> str:
    """What should be done about an event that has no date, in one sentence."""
    event = reminder.event
    who = _each_with_its_place([event])
    if reminder.day is not None:
        return _(
            "{who} : « {words} » n'a pas été compris comme une date, et le {day} compte comme la sienne. Si elle n'est "
            "pas fixée, écrivez par exemple « [en octobre] » ou « [à définir] » ; sinon, retirez ces mots du titre."
        ).format(who=who, words=reminder.words, day=day_words(reminder.day, year=True))
    if reminder.window is None or reminder.days_left is None:
        return _(
            "{who} : « {words} » n'a pas été compris comme une date. Proposez-en une, ou écrivez par exemple « en "
            "octobre », « semaine 41 » ou « à définir »."
        ).format(who=who, words=reminder.words)
    words = (
        _("« {words} »").format(words=reminder.words)
        if reminder.words
        else period_words(reminder.window.start, reminder.window.end)
    )
    last = day_words(reminder.window.end, year=True)
    if reminder.is_late:
        return _(
            "{who}, {words} : la période a fini le {last}, sans date. Dites quand c'était, proposez une autre date, ou "
            "annulez."
        ).format(who=who, words=words, last=last)
    left = counted(reminder.days_left, "jour", "jours") if reminder.days_left else ""
    when = _("dans {left}").format(left=left) if left else _("aujourd'hui")
    return _("{who}, {words} : proposez une date, la période finit le {last} ({when}).").format(
        who=who, words=words, last=last, when=when
    )


def titles(opportunity: Opportunity) -> str:
    """Its events, each with its place."""
    return _each_with_its_place(opportunity.events)


def _each_with_its_place(events: Iterable[Event]) -> str:
    return enumerated([_with_its_place(event) for event in events])


def _with_its_place(event: Event) -> str:
    return _("« {title} » ({where})").format(title=event.title, where=where(event))


def _to(codes: Sequence[str]) -> str:
    """« au 28 et à la région »."""
    return enumerated([_("à la région") if code == REGION else _("au {code}").format(code=code) for code in codes])


def _between(codes: Sequence[str]) -> str:
    """« entre le 28 et la région »; of one network, « dans le 28 »."""
    names = [_("la région") if code == REGION else _("le {code}").format(code=code) for code in codes]
    if len(names) == 1:
        return _("dans {network}").format(network=names[0])
    return _("entre {networks}").format(networks=enumerated(names))


def where(event: Event) -> str:
    """« 28 Chartres », « 36 », « Région »: a network's code, with the site or town."""
    network = REGION_CALLED if event.key.network == REGION else event.key.network
    town = event.site or event.town
    return f"{network} {town}" if town else network


def _each_once(events: Iterable[Event]) -> list[Event]:
    return list({event.key: event for event in events}.values())
