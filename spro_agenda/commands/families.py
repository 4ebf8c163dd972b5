"""Commands that show, and that have commands of their own: `opportunities` lists, `opportunities dismiss ID` does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

import click

from spro_agenda.errors import NotFound, UsageError
from spro_agenda.i18n import _
from spro_agenda.model import SHORT

_SHORTEST_ID = 4
_MOST_NAMED = 5


class Family(click.Group):
    """The name of one of its commands first, or else its own arguments, whatever they are.

    A folder of that name is written `./dismiss`.
    """

    # A group takes what follows its first argument for a command.
    allow_interspersed_args = True
    allow_extra_args = False

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs, invoke_without_command=True, subcommand_metavar="")

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args and args[0] in self.commands:
            return self.commands[args[0]].make_context(f"{info_name} {args[0]}", args[1:], parent)
        return super().make_context(info_name, args, parent, **extra)


class Known(Protocol):
    """What goes by a hash."""

    @property
    def identity(self) -> str:
        """The whole of it, in hexadecimal."""


K = TypeVar("K", bound=Known)


def called(name: str, known: Iterable[K], remedy: str) -> K:
    """The one whose identity begins like that, 4 characters at least. `remedy` says what to do where there is none.

    Raises NotFound, UsageError (several, or what is no identity).
    """
    typed = name.strip().lower()
    if len(typed) < _SHORTEST_ID:
        raise UsageError(
            _("« {name} » est trop court : écrivez au moins les {least} premiers caractères de l'identifiant.").format(
                name=name, least=_SHORTEST_ID
            )
        )
    found = [each for each in known if each.identity.startswith(typed)]
    if not found:
        raise NotFound(_("Rien n'a ici l'identifiant « {name} ». {remedy}").format(name=name, remedy=remedy))
    if len(found) > 1:
        ids = ", ".join(each.identity[: max(SHORT, len(typed) + 4)] for each in found[:_MOST_NAMED])
        raise UsageError(
            _("Plusieurs identifiants commencent par « {name} » : {ids}. Écrivez-en plus.").format(name=name, ids=ids)
        )
    return found[0]
