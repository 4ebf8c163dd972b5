"""`import`: the events of `.ics` files into a network's calendar, in our store or on a CalDAV server."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from spro_agenda.caldav_client import Connection, RemoteCalendar, RemoteObject, same_text
from spro_agenda.clashes import sentence
from spro_agenda.commands.home import Home
from spro_agenda.commands.keeping import import_all
from spro_agenda.commands.options import FILE, ServerOptions, network_and_target, region_option, server_options
from spro_agenda.errors import BadCalendar, BadInput, NetworkError, Refused, UnreadableSource, UsageError
from spro_agenda.i18n import _, counted
from spro_agenda.ical.own import origin
from spro_agenda.ical.read import CalendarObject, read_object
from spro_agenda.ical.split import read_file
from spro_agenda.recurrence import check_bounded
from spro_agenda.region.load import load_region
from spro_agenda.region.records import Region
from spro_agenda.sources import network_calendars
from spro_agenda.store import Actor, Outcome, Writer, Written

EXAMPLE = _("Exemple : spro-agenda import 28.ics  ou  spro-agenda import 28=stage.ics")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """The events of one file, checked, and the network whose calendar they go to."""

    path: Path
    network: str
    objects: tuple[CalendarObject, ...]

    @classmethod
    def read(cls, path: Path, network: str | None, region: Region) -> Incoming:
        """Read a file for a network, given or told by the file's name. One bad event refuses the whole file.

        Raises UnreadableSource, BadCalendar, UnknownNetwork, BadInput.
        """
        if path.is_dir():
            told = _("{path} est un dossier. Donnez-en les fichiers, par exemple {path}/28.ics, ou {path}/*.ics.")
            raise UnreadableSource(told.format(path=path))
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UnreadableSource(
                _("{path} : ce fichier n'existe pas, ou ne peut pas être lu. Vérifiez son nom.").format(path=path)
            ) from error
        content = read_file(data, str(path))
        if content.faults:
            raise content.faults[0]
        for obj in content.objects:
            check_bounded(obj, str(path))
            if origin(obj) is not None:
                raise BadInput(
                    _(
                        "{path} : ce fichier est un extrait de l'agenda régional, dont les événements sont "
                        "déjà dans les agendas des réseaux. Importez le fichier d'un réseau."
                    ).format(path=path)
                )
        return cls(path=path, network=_network(path, network, region), objects=content.objects)


def store_incoming(writer: Writer, incoming: Incoming) -> Iterator[Written]:
    """Write the events of a file; one that is there already is updated where it stands."""
    for obj in incoming.objects:
        href = writer.href_of(incoming.network, obj.uid) or href_for(obj.uid)
        yield writer.put_event(incoming.network, href, obj.body)


def href_for(uid: str) -> str:
    """A new object's href: its UID where that makes a plain name."""
    if set(uid) <= _PLAIN and 0 < len(uid) < 200:
        return f"{uid}.ics"
    return f"{hashlib.sha256(uid.encode()).hexdigest()[:32]}.ics"


@click.command("import", epilog=EXAMPLE, short_help=_("Ajoute les événements de fichiers .ics."))
@click.argument("files", nargs=-1, metavar="[RÉSEAU=]FICHIER...")
@click.option(
    "--all",
    "everything",
    type=FILE,
    metavar="FICHIER",
    help=_("Remplit un agenda neuf d'un fichier de « export --all »."),
)
@click.option("--network", metavar="RÉSEAU", help=_("Réseau de l'agenda (à défaut : d'après le nom du fichier)."))
@server_options
@region_option
@click.pass_obj
def import_(
    home: Home,
    files: tuple[str, ...],
    everything: Path | None,
    network: str | None,
    server: ServerOptions,
    region_file: Path | None,
) -> None:
    """Ajoute ou met à jour les événements de fichiers .ics dans l'agenda d'un réseau.

    Dans la base locale, ou avec --url sur un serveur CalDAV, sous l'identifiant donné. Un fichier dont un événement
    est illisible est refusé en entier. Avec --all, reprend tout d'un autre agenda, historique et comptes compris.
    """
    if everything:
        if files or network or server.url or region_file:
            raise UsageError(_("--all reprend tout d'un seul fichier : retirez le reste."))
        import_all(home, everything)
    elif not files:
        raise UsageError(_("Dites quels fichiers importer, par exemple : spro-agenda import 28.ics"))
    elif server.url:
        region = _region(home, region_file)
        _to_server(server, _incoming(files, network, region), region)
    else:
        _to_store(home, files, network)


def _incoming(files: Iterable[str], network: str | None, region: Region) -> list[Incoming]:
    given = region.code_of(network) if network else None
    typed = [network_and_target(text, region) for text in files]
    if given and any(own not in (None, given) for own, _target in typed):
        raise UsageError(_("Un fichier est d'un réseau, --network en dit un autre. Gardez l'un des deux."))
    return [Incoming.read(Path(target), own or given, region) for own, target in typed]


def _region(home: Home, file: Path | None) -> Region:
    if file is None and home.holds_instance:
        with home.store().read() as reader:
            return reader.region()
    return load_region(file)


def _to_store(home: Home, files: Iterable[str], network: str | None) -> None:
    store = home.store()
    with store.write(Actor(agent="spro-agenda import")) as writer:
        region = writer.region()
        incoming = _incoming(files, network, region)
        written = [(each, list(store_incoming(writer, each))) for each in incoming]
        found = [
            clash
            for each, results in written
            for result in results
            for clash in writer.unsettled_of(each.network, result.object.uid)
        ]
    for each, results in written:
        _report(each, region, Counter(result.outcome for result in results))
    for clash in {clash.id: clash for clash in found}.values():
        click.echo(f"⚠ {sentence(clash)} [{clash.id}]")


def _to_server(server: ServerOptions, incoming: list[Incoming], region: Region) -> None:
    target = server.server()
    assert target is not None
    with target.connected() as connection:
        calendars = {code: calendar for calendar, code in network_calendars(connection, region)}
        for each in incoming:
            if each.network not in calendars:
                raise NetworkError(
                    _("{url} : l'agenda {network} n'est pas sur ce serveur. Vérifiez l'adresse et le compte.").format(
                        url=target.url, network=region.name_of(each.network)
                    )
                )
            _report(each, region, Counter(_written(connection, calendars[each.network], each)))


def _written(connection: Connection, calendar: RemoteCalendar, incoming: Incoming) -> Iterator[Outcome]:
    """Write the events of a file to a server's calendar, each where its UID stands already. Raises Refused."""
    there = dict(_by_uid(connection.objects(calendar)))
    for number, obj in enumerate(incoming.objects):
        found = there.get(obj.uid)
        if found is not None and same_text(found.body, obj.body):
            yield Outcome.UNCHANGED
            continue
        try:
            yield connection.put(found.url if found else f"{calendar.url.rstrip('/')}/{href_for(obj.uid)}", obj.body)
        except Refused as error:
            before = counted(number, "événement du fichier était écrit", "événements du fichier étaient écrits")
            raise Refused(
                _("{path}, « {title} » : {error}").format(
                    path=incoming.path, title=obj.parts[0].title or obj.uid, error=error
                )
                + (_(" Avant lui, {before}.").format(before=before) if number else "")
            ) from error


def _by_uid(objects: Iterable[RemoteObject]) -> Iterator[tuple[str, RemoteObject]]:
    """A server's objects with their UIDs, as far as we can read them: others' faults are not our business."""
    for each in objects:
        with suppress(BadCalendar):
            yield read_object(each.body, each.url).uid, each


def _report(incoming: Incoming, region: Region, outcomes: Counter[Outcome]) -> None:
    click.echo(
        _("{path} → {network} : {created}, {updated}, {unchanged}").format(
            path=incoming.path,
            network=region.name_of(incoming.network),
            created=counted(outcomes[Outcome.CREATED], "ajouté", "ajoutés"),
            updated=counted(outcomes[Outcome.UPDATED], "modifié", "modifiés"),
            unchanged=counted(outcomes[Outcome.UNCHANGED], "inchangé", "inchangés"),
        )
    )


def _network(path: Path, given: str | None, region: Region) -> str:
    if given is not None:
        return region.code_of(given)
    code = region.known_code(path.stem)
    if code is None:
        raise BadInput(
            _(
                "{path} : on ne sait pas de quel réseau est ce fichier. Nommez-le d'après le réseau (28.ics), ou "
                "importez-le ainsi : spro-agenda import 28={path}"
            ).format(path=path)
        )
    return code
