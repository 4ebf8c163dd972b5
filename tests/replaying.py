"""Requests to replay on two servers, and answers without what may rightly differ: ETags, tokens, order, formatting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from serving import CAL, CS, DAV, NAMESPACES, Answer

HOME = "/marie/28/"

UNCOMPARED = {f"{DAV}getetag", f"{DAV}sync-token", f"{CS}getctag", f"{DAV}getlastmodified", f"{DAV}getcontentlength"}
"""Properties of which each server has values of its own."""

Told = Mapping[str, object]
"""What an answer says, by what it speaks of: hrefs, properties, the status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request. `name` is what the written list of differences calls it."""

    name: str
    method: str
    path: str = HOME
    body: str | bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def sent(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


# ---- What is asked


def propfind(name: str, *properties: str, path: str = HOME, depth: int = 0) -> Ask:
    wanted = "".join(f"<{each}/>" for each in properties)
    body = f"<D:propfind {NAMESPACES}><D:prop>{wanted}</D:prop></D:propfind>"
    return Ask(name=name, method="PROPFIND", path=path, body=body, headers={"Depth": str(depth)})


def report(name: str, kind: str, inner: str) -> Ask:
    namespace = "D" if kind == "sync-collection" else "C"
    body = f"<{namespace}:{kind} {NAMESPACES}>{inner}</{namespace}:{kind}>"
    return Ask(name=name, method="REPORT", body=body, headers={"Depth": "1"})


def query(name: str, filters: str, wanted: str = "<D:getetag/>") -> Ask:
    """A calendar-query; `filters` stand within VCALENDAR."""
    inner = f'<D:prop>{wanted}</D:prop><C:filter><C:comp-filter name="VCALENDAR">{filters}</C:comp-filter></C:filter>'
    return report(name, "calendar-query", inner)


def comp(name: str, inner: str = "") -> str:
    return f'<C:comp-filter name="{name}">{inner}</C:comp-filter>'


def time_range(start: str = "", end: str = "") -> str:
    ends = [f'{name}="{value}"' for name, value in (("start", start), ("end", end)) if value]
    return f"<C:time-range {' '.join(ends)}/>"


def multiget(name: str, *hrefs: str) -> Ask:
    listed = "".join(f"<D:href>{href}</D:href>" for href in hrefs)
    return report(name, "calendar-multiget", f"<D:prop><D:getetag/><C:calendar-data/></D:prop>{listed}")


def sync(name: str, token: str = "", wanted: str = "<D:getetag/>") -> Ask:
    given = f"<D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level><D:prop>{wanted}</D:prop>"
    return report(name, "sync-collection", given)


# ---- What is answered


def told(answer: Answer) -> Told:
    """An answer's status and what it says, without what may rightly differ."""
    said: dict[str, object] = {"status": answer.status}
    if answer.status == 207:
        said.update(_multistatus(answer.xml))
    elif answer.status == 200 and answer.headers.get("content-type", "").startswith("text/calendar"):
        said.update(_by_name(answer.body))
    elif answer.status >= 400 and answer.headers.get("content-type", "").partition(";")[0] in (
        "text/xml",
        "application/xml",
    ):
        # Beside the precondition, ours says a sentence.
        said["error"] = sorted(child.tag for child in answer.xml if child.tag != f"{DAV}responsedescription")
    return said


def _by_name(body: bytes) -> dict[str, object]:
    """The components of a text by their UIDs, all that have the same together."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for lines in components(body):
        found.setdefault(next((line for line in lines if line.startswith("UID:")), ""), []).append(lines)
    return {name: sorted(each) for name, each in found.items()}


def _multistatus(root: ET.Element) -> Iterator[tuple[str, object]]:
    for response in root.iter(f"{DAV}response"):
        name = name_of(response.findtext(f"{DAV}href") or "")
        status = response.findtext(f"{DAV}status")
        if status:
            yield name, status.split()[1]
        for propstat in response.iter(f"{DAV}propstat"):
            code = (propstat.findtext(f"{DAV}status") or "").split()[1]
            for prop in propstat.find(f"{DAV}prop") or ():
                yield f"{name} {_short(prop.tag)}", (code, _value(prop))


def name_of(href: str) -> str:
    """The last part of a path, whatever its escapes; "." for the calendar itself."""
    return unquote(href).rstrip("/").rpartition("/")[2] if not unquote(href).endswith("/28/") else "."


def _short(tag: str) -> str:
    return tag.partition("}")[2]


def _value(prop: ET.Element) -> object:
    if prop.tag in UNCOMPARED:
        return "…" if prop.text else ""
    if prop.tag == f"{CAL}calendar-data":
        return tuple(sorted(components((prop.text or "").encode())))
    return _tree(prop)


def _tree(element: ET.Element) -> object:
    """An element without the order of what is in it."""
    inner = sorted((_tree(child) for child in element), key=repr)
    return (_short(element.tag), tuple(sorted(element.attrib.items())), (element.text or "").strip(), tuple(inner))


_WHEN_ASKED = ("VFREEBUSY", "DTSTAMP")
_FOLDED = re.compile(rb"\r?\n[ \t]")


def components(body: bytes) -> Iterator[tuple[str, ...]]:
    """The events and tasks of a text, each as its unfolded lines in alphabetical order. Time zones are left out: each
    server may give its own. Unfolded before it is decoded: a line may be folded within a character."""
    lines: list[str] = []
    outer: list[str] = []
    for line in _FOLDED.sub(b"", body).decode().splitlines():
        name = line.partition(":")[0].partition(";")[0].upper()
        if name == "BEGIN":
            outer.append(line.partition(":")[2].strip().upper())
        if len(outer) > 1 and outer[1] != "VTIMEZONE" and line.strip() and (outer[1], name) != _WHEN_ASKED:
            lines.append(_line(line))
        if name == "END" and outer:
            outer.pop()
            if len(outer) == 1 and lines:
                yield tuple(sorted(lines))
                lines = []


_PLAINLY_QUOTED = re.compile(r'"([^":;,]*)"')


def _line(line: str) -> str:
    """A content line with its name and parameters in a form that both servers share: both may be in small letters,
    and in any order (RFC 5545 section 2), and quoted where nothing asks for it."""
    before, _colon, value = _PLAINLY_QUOTED.sub(r"\1", line, count=1).partition(":")
    if '"' in before:
        return line
    name, *params = before.split(";")
    upper = name.upper()
    shown = value.strip().upper() if upper in ("BEGIN", "END") else value.strip()
    return ";".join([upper, *sorted(each.upper() for each in params)]) + f":{shown}"


# ---- What differs


def differences(name: str, stock: Told, ours: Told) -> Iterator[str]:
    """« request · what » for all that the two do not tell alike."""
    for key in sorted({*stock, *ours}):
        if stock.get(key) != ours.get(key):
            yield f"{name} · {key}"


def check(found: Iterable[str], reasons: Mapping[str, str]) -> None:
    """Fail for differences that no pattern of `reasons` explains, and for patterns that explain none."""
    differing = sorted(set(found))
    unlisted = [each for each in differing if not any(fnmatchcase(each, pattern) for pattern in reasons)]
    stale = [pattern for pattern in reasons if not any(fnmatchcase(each, pattern) for each in differing)]
    told = [f"not listed: {each}" for each in unlisted] + [f"listed, and shows no more: {each}" for each in stale]
    assert not told, "\n".join(["", *told])
