"""What a browser sees under plain Radicale; under `spro-agenda serve` our own pages answer before it."""

from __future__ import annotations

from http import HTTPStatus

from radicale import types
from radicale.web import BaseWeb

from spro_agenda.i18n import _

PAGE = """<!DOCTYPE html>
<html lang="fr">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<p>{sentence}</p>
</html>
"""


class Web(BaseWeb):
    """One page, at every address."""

    def get(  # noqa: PLR0913, PLR0917  # Radicale's
        self,
        environ: types.WSGIEnviron,
        base_prefix: str,
        path: str,
        user: str,
        user_groups: set[str],
        request_info: dict[str, str],
    ) -> types.WSGIResponse:
        page = PAGE.format(
            title=_("Agenda SPRO"),
            sentence=_(
                "L'agenda est servi : ajoutez-le à votre application comme un compte CalDAV, par l'adresse de ce "
                "serveur."
            ),
        )
        return HTTPStatus.OK, {"Content-Type": "text/html; charset=utf-8"}, page, None
