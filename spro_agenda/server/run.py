"""Running the application under granian: many blocking threads, several worker processes."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.common import AbstractServer

from spro_agenda.errors import NetworkError, reason
from spro_agenda.i18n import _
from spro_agenda.instance import HOME
from spro_agenda.server import wsgi

THREADS = 64
"""Blocking threads a worker: a client that sends its body slowly holds one of them."""

LAST_REQUESTS_S = 5
"""How long a worker that is told to stop may finish what it serves. A body that never comes would hold it for ever; a
write that is cut off is rolled back."""


def address_of(host: str, port: int) -> str:
    """The IP address of a host's name, where the server can listen. Raises NetworkError when it cannot."""
    try:
        family, kind, _protocol, _name, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise NetworkError(_why_not(host, port, error)) from error
    return str(address[0])


def check(home: Path) -> None:
    """Raise BadInput where the instance cannot be served as its configuration says: workers would die of it."""
    os.environ[HOME] = str(home)
    wsgi.check(home)


def run(address: str, port: int, workers: int) -> None:
    """Serve the instance at an IP address until the process is told to stop (SIGINT, SIGTERM)."""
    server_of("spro_agenda.server.wsgi:create", address, port, workers).serve()


def server_of(factory: str, address: str, port: int, workers: int) -> AbstractServer[Any]:
    """A server of the WSGI application that a factory makes in each worker, called `module:name`."""
    return Granian(
        factory,
        factory=True,
        interface=Interfaces.WSGI,
        # No client of ours speaks HTTP/2 without TLS, and to look out for it costs a tenth of a small answer.
        http=HTTPModes.http1,
        address=address,
        port=port,
        workers=workers,
        blocking_threads=THREADS,
        websockets=False,
        # Otherwise one worker that dies takes the others with it.
        respawn_failed_workers=True,
        workers_kill_timeout=LAST_REQUESTS_S,
        # Its one warning is that so many threads must be meant; see THREADS.
        log_level=LogLevels.error,
    )


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return _(
            "Le port {port} de {host} est déjà pris, sans doute par un autre serveur. Arrêtez-le, ou choisissez "
            "un autre port avec --port."
        ).format(port=port, host=host)
    if error.errno == errno.EACCES:
        return _("Le port {port} est réservé au système. Choisissez un port au-dessus de 1024 avec --port.").format(
            port=port
        )
    return _("On ne peut pas écouter à l'adresse {host}:{port} ({detail}). Vérifiez --host et --port.").format(
        host=host, port=port, detail=reason(error)
    )
