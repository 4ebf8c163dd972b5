"""What the documents promise, taken out of them to be tried."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
from serving import ROOT

from spro_agenda.commands import cli


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[list[str]]:
    """Every `spro-agenda …` that a reader may type, within a sentence too, in words; without its placeholders."""
    typed = [line.removeprefix("$ ") for block in blocks(text, "console") for line in block.splitlines()]
    typed += re.findall(r"`(spro-agenda [^`]+)`", text)
    typed += [f"spro-agenda {words}" for words in re.findall(r"`(users [^`]+)`", text)]
    return [shlex.split(line)[1:] for line in typed]


def mistake_in(words: list[str]) -> str | None:
    """Why the command line does not know a command or an option; `None` where it knows all. Nothing is run."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0]) if words else None
        if found is None and command.invoke_without_command:
            break
        if found is None:
            return f"there is no {words[:1]}"
        command, words = found, words[1:]
    try:
        # With its arguments missing it is a mention, such as « users add ».
        if words:
            command.make_context(command.name, words, resilient_parsing=False)
    except click.exceptions.UsageError as error:
        return error.format_message()
    return None


def headings(text: str) -> set[str]:
    """The anchors that a forge makes of the headings."""
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def broken_links(name: str) -> list[str]:
    """The links of a document that lead to no file, or to no heading."""
    text, folder = text_of(name), (ROOT / name).parent
    bad = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _hash, anchor = target.partition("#")
        file = Path(folder / path) if path else ROOT / name
        if target.startswith("http"):
            continue
        if not file.exists() or (anchor and anchor not in headings(file.read_text("utf-8"))):
            bad.append(target)
    return bad
