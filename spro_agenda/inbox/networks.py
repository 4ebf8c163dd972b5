"""The networks that a letter is for, by the addresses that it is for: `agenda-28@exemple.fr`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from spro_agenda.errors import BadInput
from spro_agenda.i18n import _
from spro_agenda.instance import CONFIG
from spro_agenda.region.records import Region

PLACE = "{network}"
"""What stands for a network's code in a pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """How the agendas' addresses are made; `text` has PLACE once."""

    text: str

    @classmethod
    def read(cls, text: str) -> Pattern:
        """Raises BadInput."""
        if text.count(PLACE) != 1 or "@" not in text or not text.isprintable():
            raise BadInput(
                _(
                    "{file} : « inbox_address = {given} » ne dit pas l'adresse de chaque agenda. Écrivez-la avec "
                    "{place} à la place du réseau, par exemple agenda-{place}@exemple.fr."
                ).format(file=CONFIG, given=text, place=PLACE)
            )
        return cls(text=text.lower())

    def address_of(self, code: str) -> str:
        """The address to which an agenda is invited."""
        return self.text.replace(PLACE, code)

    def names(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """What the addresses that are made so have in the place of a network, each once."""
        before, after = map(re.escape, self.text.split(PLACE))
        own = re.compile(f"{before}([^@\\s]+?){after}")
        found = (own.fullmatch(address) for address in sorted(addresses))
        return tuple(dict.fromkeys(each[1] for each in found if each))


def codes_of(names: Iterable[str], region: Region) -> dict[str, str | None]:
    """For each name, the network that it means, `None` where it means none."""
    return {name: region.known_code(name.replace("-", " ")) for name in names}
