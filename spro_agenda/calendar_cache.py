"""What was read of calendars on servers, kept for the next time: then only what changed is asked for (RFC 6578).

One file a calendar and person, in the user's own cache folder, that nobody else may read. One that cannot be read is as
if it were not there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from spro_agenda.errors import UnreadableSource
from spro_agenda.whole import write_whole

VERSION = 1


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a calendar: the token of the state that it was in, "" for nothing, and its texts by address."""

    token: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CalendarCache:
    """A folder of such files."""

    folder: Path

    @classmethod
    def of_user(cls) -> CalendarCache:
        """The one in the user's cache folder."""
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cls(base / "spro-agenda" / "calendars")

    def load(self, url: str, user: str) -> Held:
        """What is held of a person's calendar."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            said = json.loads(self._file(url, user).read_text("utf-8"))
            if (said["version"], said["url"], said["user"]) == (VERSION, url, user):
                return Held(str(said["token"]), {str(name): str(text) for name, text in said["texts"].items()})
        return Held()

    def save(self, url: str, user: str, held: Held) -> None:
        """Hold this from now on. Where that cannot be written, the next time asks for all."""
        said = {"version": VERSION, "url": url, "user": user, "token": held.token, "texts": dict(held.texts)}
        with suppress(OSError, UnreadableSource):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._file(url, user), json.dumps(said, ensure_ascii=False).encode(), private=True)

    def _file(self, url: str, user: str) -> Path:
        return self.folder / f"{hashlib.sha256(f'{url} {user}'.encode()).hexdigest()[:32]}.json"
