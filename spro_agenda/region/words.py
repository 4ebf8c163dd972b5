"""Comparing what people type: case, accents, punctuation and spaces count for nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from html.parser import HTMLParser

_NOT_WORD = re.compile(r"[\W_]+")
_LISTED = re.compile(r"\s*[,;/]\s*")
_JOINED = re.compile(r"\s+(?:et|&)\s+", re.IGNORECASE)


_TAG = re.compile(r"<(?:br|p|div|span|b|i|u|a|ul|ol|li|html)\b[^>]*>", re.IGNORECASE)
_BLOCKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3"})
_LISTS = frozenset({"ul", "ol"})


class _Plain(HTMLParser):
    """Gathers the text of HTML, a line a block, the items of lists with their dash."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS | _LISTS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def plain(text: str) -> str:
    """A description without its markup: Google Calendar writes HTML there. Plain text comes back as it is."""
    if not _TAG.search(text):
        return text
    parser = _Plain()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def harmless(text: str) -> str:
    """A text without what would drive the reader's terminal."""
    return _CONTROL.sub("", text)


def normalise(text: str) -> str:
    """`« L'Économie  sociale »` -> `l economie sociale`: words in ASCII lower case, one space between."""
    # Names and titles come again for each occurrence; what is long does not, and would fill the memory.
    return _normalised(text) if len(text) <= _SHORT else _normalised.__wrapped__(text)


_SHORT = 200


@lru_cache(maxsize=10_000)
def _normalised(text: str) -> str:
    # Twice, because taking a character apart may give a capital (a mathematical letter), and the other way round.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return _NOT_WORD.sub(" ", "".join(c for c in decomposed if not unicodedata.combining(c))).strip()


def has_words(text: str, words: str) -> bool:
    """Whether the words stand in the text, in a row. Both are normalised; a plural s may follow each."""
    # Most names are not in most texts, and looking for one as it stands is a hundred times cheaper than a pattern.
    first = words.partition(" ")[0]
    return bool(first) and first in text and _row(words).search(text) is not None


def spoken(text: str, words: str) -> str:
    """The part of a text, as it was typed, that has the normalised words in a row: « le KLUB » for `le klub`."""
    pieces = list(re.finditer(r"[^\W_]+", text))
    ends = [piece.end() for piece in pieces]
    said = (text[begin.start() : end] for first, begin in enumerate(pieces) for end in ends[first:])
    return next((part for part in said if _row(words).fullmatch(normalise(part))), words)


@lru_cache(maxsize=2000)
def _row(words: str) -> re.Pattern[str]:
    pattern = r"s? ".join(map(re.escape, words.split())) + "s?"
    return re.compile(rf"(?<!\S){pattern}(?!\S)")


def without_words(text: str, words: str) -> str:
    """The normalised text with the first such row of words cut out."""
    return " ".join(f" {text} ".replace(f" {words} ", " ", 1).split()) if words else text


def listed(value: str, is_whole: Callable[[str], bool] = lambda _item: False) -> tuple[str, ...]:
    """The items of a list as people write it: commas, semicolons, slashes, « et ».

    What `is_whole` says is one name is not parted at its « et »: « économie sociale et solidaire ».
    """
    items: list[str] = []
    for item in _LISTED.split(value):
        items += _parted(_JOINED.split(item), is_whole)
    return tuple(item for item in (part.strip(" .") for part in items) if item)


def _parted(parts: list[str], is_whole: Callable[[str], bool]) -> Iterator[str]:
    """The parts between « et », the longest names that are whole put together again."""
    while parts:
        ends = (end for end in range(len(parts), 1, -1) if is_whole(" et ".join(parts[:end])))
        end = next(ends, 1)
        yield " et ".join(parts[:end])
        parts = parts[end:]
