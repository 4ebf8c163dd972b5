"""Who may log in, and what each may write, for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from spro_agenda.audit import done, role_called
from spro_agenda.history import told
from spro_agenda.i18n import _, counted, day_words, enumerated, hour_words
from spro_agenda.model import Account, Device, Frequency
from spro_agenda.region.records import Region
from spro_agenda.render.audit import as_json as act_json
from spro_agenda.render.history import as_json as revision_json
from spro_agenda.render.json import VERSION, document_bytes
from spro_agenda.render.standing import settlement_json
from spro_agenda.render.terminal import open_console, written
from spro_agenda.store import Person


def render(accounts: Sequence[Account], *, width: int, colour: bool) -> str:
    """Accounts by login, one a line."""
    console = open_console(width, colour=colour)
    console.print(Text(counted(len(accounts), "compte", "comptes"), style="bold"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for each in accounts:
        table.add_row(each.login, f"{role_called(each.role)} {', '.join(each.networks)}".strip(), each.name)
    console.print(table)
    return written(console)


def render_devices(devices: Sequence[Device], region: Region, *, width: int, colour: bool) -> str:
    """Devices, the oldest first, one a line."""
    console = open_console(width, colour=colour)
    console.print(Text(counted(len(devices), "appareil", "appareils"), style="bold"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for each in devices:
        table.add_row(each.selector, each.label, _used(each.last_used, region))
    console.print(table)
    return written(console)


def render_one(account: Account, region: Region, written: Sequence[str]) -> str:
    """One account, a line for each thing to know; `written` are the networks that it writes, by code."""
    lines = [
        _("Identifiant : {login}").format(login=account.login),
        *([_("Nom : {name}").format(name=account.name)] if account.name else []),
        *([_("Adresse : {email}").format(email=account.email)] if account.email else []),
        _("Rôle : {role}").format(role=role_called(account.role)),
        _("Lit : tous les agendas"),
        _("Écrit : {written}").format(written=calendars(region, written) or _("rien")),
        _("Nouvelles par courriel : {how}").format(how=_digests(account)),
        _("Connexion : {when}").format(when=_used(account.last_seen, region)),
    ]
    return "\n".join(lines) + "\n"


def frequency_words(frequency: Frequency) -> str:
    """« chaque jour », « chaque semaine », « jamais »."""
    words = {
        Frequency.DAILY: _("chaque jour"),
        Frequency.WEEKLY: _("chaque semaine"),
        Frequency.NEVER: _("jamais"),
    }
    return words[frequency]


def _digests(account: Account) -> str:
    if account.digest is not Frequency.NEVER and not account.email:
        return _("non, faute d'adresse")
    return frequency_words(account.digest)


def summary(region: Region, written: Sequence[str]) -> str:
    """What a person reads and writes, within a sentence."""
    named = calendars(region, written)
    return _("lit tout, écrit {written}").format(written=named) if named else _("lit tout, n'écrit rien")


def calendars(region: Region, written: Sequence[str]) -> str:
    """Calendars by name, within a sentence; "" for none."""
    if set(written) == set(region.codes):
        return _("tous les agendas")
    return enumerated([region.name_of(code) for code in written]) if written else ""


def _used(at: int | None, region: Region) -> str:
    """When somebody came for the last time, in epoch seconds."""
    if at is None:
        return _("jamais")
    moment = datetime.fromtimestamp(at, region.time_zone)
    return _("le {day} à {hour}").format(day=day_words(moment.date(), year=True), hour=hour_words(moment))


def render_json(accounts: Sequence[Account], region: Region) -> bytes:
    """`accounts`: `login`, `name`, `email`, `role`, `networks`, `digest`, `created_at`, `last_seen`. Nothing of
    passwords."""
    return document_bytes({"version": VERSION, "accounts": [as_json(each, region) for each in accounts]})


def render_devices_json(devices: Sequence[Device], region: Region) -> bytes:
    """`devices`: `id`, `label`, `created_at`, `last_used`. Nothing of passwords."""
    return document_bytes({"version": VERSION, "devices": [_device(each, region) for each in devices]})


def render_person(person: Person, region: Region) -> bytes:
    """All that is kept of a person: `account`, `devices`, `properties`, `calendars`, `revisions`, `acts`,
    `settlements` (what they said of clashes), `joined` (events that they said a network takes part in), `dismissed`
    (opportunities that they dismissed), `feeds` (subscriptions that are theirs), `digest` (how far they were told the
    news, and of what), `refusals` (writes that were refused, of which they are still to be told)."""
    return document_bytes(
        {
            "version": VERSION,
            "login": person.login,
            "account": as_json(person.account, region) if person.account else None,
            "devices": [_device(each, region) for each in person.devices],
            "properties": {slug: dict(values) for slug, values in person.properties.items()},
            "calendars": [
                {"name": calendar.name, "events": [each.body.decode("utf-8", "replace") for each in held]}
                for calendar, held in person.calendars.items()
            ],
            "revisions": [revision_json(each) for each in told(person.revisions, region)],
            "acts": [act_json(each) for each in done((), person.acts, region)],
            "settlements": [settlement_json(each, region) for each in person.settlements],
            "joined": [{"event": event.id, "network": code} for event, code in person.joined],
            "dismissed": [
                {
                    "id": each.id,
                    "kind": each.chance.value,
                    "events": list(each.members),
                    "why": each.why or None,
                    "at": each.at.astimezone(region.time_zone).isoformat(timespec="seconds"),
                }
                for each in person.dismissed
            ],
            "feeds": [
                {"number": each.number, "label": each.label, "created_at": _moment(each.created_at, region)}
                for each in person.feeds
            ],
            "digest": {
                "revision": person.progress.revision,
                "day": person.progress.day.isoformat() if person.progress.day else None,
                "told": sorted(person.progress.told),
            },
            "refusals": [
                {
                    "calendar": each.slug,
                    "at": each.at.astimezone(region.time_zone).isoformat(timespec="seconds"),
                    "title": each.title,
                    "why": each.why,
                    "event": each.body.decode("utf-8", "replace") if each.body is not None else None,
                }
                for each in person.refusals
            ],
        }
    )


def _device(device: Device, region: Region) -> dict[str, object]:
    return {
        "id": device.selector,
        "label": device.label,
        "created_at": _moment(device.created_at, region),
        "last_used": _moment(device.last_used, region),
    }


def _moment(at: int | None, region: Region) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, region.time_zone).isoformat(timespec="seconds")


def as_json(account: Account, region: Region) -> dict[str, object]:
    return {
        "login": account.login,
        "name": account.name or None,
        "email": account.email or None,
        "role": account.role.value,
        "networks": list(account.networks),
        "digest": account.digest.value,
        "created_at": _moment(account.created_at, region),
        "last_seen": _moment(account.last_seen, region),
    }
