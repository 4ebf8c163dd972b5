"""The server that ours stands on, with nothing in it: fixed answers, as long as a feed's.

    BODY=feed.ics python -m bench.bare PORT WORKERS

What it takes is what no feed of ours can fall below.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from spro_agenda.server.run import server_of

ETAG = '"0123456789abcdef0123456789abcdef"'
_TOLD = [
    ("ETag", ETAG),
    ("Last-Modified", "Fri, 01 Jan 2021 00:00:00 GMT"),
    ("Cache-Control", "private, no-cache"),
    ("Vary", "Accept-Encoding"),
]


def create() -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The application, which looks at one header of a request and at nothing else."""
    body = Path(os.environ["BODY"]).read_bytes()
    whole = [("Content-Type", "text/calendar; charset=utf-8"), ("Content-Length", str(len(body))), *_TOLD]

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "HTTP_IF_NONE_MATCH" in environ:
            start_response("304 Not Modified", _TOLD)
            return (b"",)
        start_response("200 OK", whole)
        return (body,)

    return application


if __name__ == "__main__":
    server_of("bench.bare:create", "127.0.0.1", int(sys.argv[1]), int(sys.argv[2])).serve()
