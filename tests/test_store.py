"""The store's promises, on each database."""

from __future__ import annotations

import random
from string import ascii_letters

import pytest
from databases import POSTGRESQL, SQLITE
from sqlalchemy import update
from store_contract import StoreContract

from spro_agenda.errors import BadInput
from spro_agenda.store import Actor, Store
from spro_agenda.store import schema as s


class TestSqlite(StoreContract):
    """A file in the instance's folder."""

    make_store = staticmethod(SQLITE.store)


class TestPostgresql(StoreContract):
    """A server's database."""

    make_store = staticmethod(POSTGRESQL.store)

    @pytest.mark.parametrize("slug", ["a\0b", "".join(random.Random(1).choices(ascii_letters, k=6_000))])
    def test_what_no_table_can_hold_is_no_failure_of_the_store(self, store: Store, slug: str) -> None:
        """A client that is told of one tries again for ever."""
        with pytest.raises(BadInput, match="ne peut pas contenir ce texte") as caught, store.write(Actor()) as writer:
            writer._connection.execute(update(s.calendar).values(slug=slug).where(s.calendar.c.slug == "28"))
        assert caught.value.http_status == 400
