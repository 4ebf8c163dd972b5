"""Marionette, the remote control built into Thunderbird: JSON commands over a socket, each prefixed by its length."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ANSWER_S = 60


class Refused(Exception):
    """What the program answered in place of a result: a script that threw, or ran out of time."""


class Marionette:
    """A session in the program's own (chrome) context, where scripts may do all that its windows do."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._number = 0
        self._read()  # it presents itself
        self._command(
            "WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"timeouts": {"script": ANSWER_S * 1000}}}}
        )
        self._command("Marionette:SetContext", {"value": "chrome"})

    def run(self, script: str, *arguments: object) -> Any:
        """The result of the body of an async function, whose arguments are `args`. Raises Refused."""
        body = (
            f"const [args, done] = arguments; (async () => {{ {script} }})().then(v => done([v]), e => done(`${{e}}`))"
        )
        sent = {"script": body, "args": [list(arguments)], "sandbox": "system", "newSandbox": False}
        answer = self._command("WebDriver:ExecuteAsyncScript", sent)["value"]
        if isinstance(answer, str):
            raise Refused(answer)
        return answer[0]

    def _command(self, name: str, parameters: object) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, name, parameters]).encode()
        self._stream.write(b"%d:%s" % (len(message), message))
        self._stream.flush()
        _type, _number, error, result = self._read()
        if error:
            raise Refused(f"{error['error']}: {error['message']}")
        return result

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._stream.read(1)
        return json.loads(self._stream.read(int(length[:-1])))


@contextmanager
def controlled(port: int) -> Iterator[Marionette]:
    """The program whose Marionette listens on a loopback port."""
    with socket.create_connection(("127.0.0.1", port), ANSWER_S) as connection:
        yield Marionette(connection)
