"""The WSGI application in this process: what no HTTP client would send can be handed to it, and its log be read."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from serving import Answer

from spro_agenda.instance import HOME
from spro_agenda.server.feeds import FeedFront
from spro_agenda.server.front import Application, Front
from spro_agenda.server.journal import Logged
from spro_agenda.server.pages import Pages
from spro_agenda.server.wsgi import create


class Log(logging.Handler):
    """What is logged, each line as it would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass(frozen=True, slots=True)
class InProcess:
    """An application, and the lines of its log since they were last cleared."""

    home: Path
    application: Application
    log: Log

    @property
    def front(self) -> Front:
        """What stands in front of Radicale, behind the feeds and the pages."""
        assert isinstance(self.application, FeedFront)
        logged = self.application._beside
        assert isinstance(logged, Logged)
        pages = logged._application
        assert isinstance(pages, Pages)
        assert isinstance(pages._beside, Front)
        return pages._beside

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes, **environ: str) -> Answer:
        """A request as a WSGI server hands it on: `path` and headers in latin-1. `environ` has the last word."""
        given: dict[str, object] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "5232",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            given[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        given.update(environ)
        started: list[tuple[str, list[tuple[str, str]]]] = []
        answer = b"".join(self.application(given, lambda *told: started.append(told)))
        (status, told) = started[-1]
        return Answer(int(status.split()[0]), {name.lower(): value for name, value in told}, answer)


@contextmanager
def in_process(home: Path) -> Iterator[InProcess]:
    """The application of an instance. What it sets up of logging is undone afterwards."""
    factory, root, handlers = logging.getLogRecordFactory(), logging.getLogger(), list(logging.getLogger().handlers)
    log = Log()
    with mock.patch.dict("os.environ", {HOME: str(home)}):
        try:
            application = create()
            root.handlers[:] = [log]
            yield InProcess(home, application, log)
        finally:
            root.handlers[:] = handlers
            logging.setLogRecordFactory(factory)
