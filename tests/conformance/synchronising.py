"""vdirsyncer between a folder and calendars on the server; khal and todoman read and write such a folder."""

from __future__ import annotations

from pathlib import Path

from serving import PASSWORD, Server
from tools import Ran, program_of, run

VDIRSYNCER = "vdirsyncer"

CONFIG = """\
[general]
status_path = "{home}/status"

[pair agenda]
a = "folder"
b = "server"
collections = {collections}
conflict_resolution = {resolution}
metadata = ["displayname", "color"]

[storage folder]
type = "filesystem"
path = "{home}/calendars"
fileext = ".ics"

[storage server]
type = "caldav"
url = "{url}"
username = "{login}"
password = "{password}"
"""


class Copy:
    """A person's copy of calendars, as it is on one of her computers. `home` is that computer's home folder."""

    def __init__(self, home: Path, server: Server, login: str, *slugs: str) -> None:
        self.home, self._server, self._login, self._slugs = home, server, login, slugs
        for slug in slugs:
            self.folder(slug).mkdir(parents=True)
        self.resolving("null")
        discovered = self._run("discover")
        assert discovered.code == 0, discovered.told

    def folder(self, slug: str) -> Path:
        return self.home / "calendars" / slug

    def resolving(self, winner: str) -> None:
        """Say what wins a conflict: `"a wins"` (the folder), `"b wins"` (the server), or nobody (`null`)."""
        text = CONFIG.format(
            home=self.home,
            collections=str(list(self._slugs)).replace("'", '"'),
            resolution=winner,
            url=self._server.url,
            login=self._login,
            password=PASSWORD,
        )
        (self.home / "config").write_text(text, "utf-8")

    def sync(self) -> None:
        """Synchronise, without an error."""
        ran = self.tries_to_sync()
        assert ran.code == 0, ran.told

    def tries_to_sync(self) -> Ran:
        return self._run("sync")

    def metasync(self) -> None:
        """Synchronise what calendars are called, and their colours."""
        ran = self._run("metasync")
        assert ran.code == 0, ran.told

    def texts(self, slug: str) -> dict[str, str]:
        """The folder's events by the names of their files, less their endings; lines end in LF, as XML has them."""
        return {path.stem: path.read_text("utf-8") for path in self.folder(slug).glob("*.ics")}

    def _run(self, *words: str) -> Ran:
        program = [program_of(VDIRSYNCER, VDIRSYNCER), "--config", str(self.home / "config")]
        # It asks whether to make what is not there: nothing is.
        return run([*program, *words], self.home, typed="n\n" * len(self._slugs))
