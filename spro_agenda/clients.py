"""What kind of client a request came from, in the words that people use, from its User-Agent header.

The header is free text (RFC 9110 section 10.1.5) that anybody may write: it is shown as a hint, never trusted.
"""

from __future__ import annotations

import re

from spro_agenda.i18n import _

OURS = "spro-agenda"
"""How the agents of our own commands begin."""

_UNKNOWN_LENGTH = 30
_PRODUCT = re.compile(r"[\w.+⁵-]*[^\W\d_][\w.+⁵-]*(?: [^\W\d_]+)?")

_KINDS = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (rf"^{OURS} page", _("page de l'agenda")),
        (rf"^{OURS} inbox", _("invitation par courriel")),
        (rf"^{OURS}\b", _("ligne de commande")),
        (r"thunderbird|lightning|betterbird", "Thunderbird"),
        (r"davx5|davx⁵|davdroid", "DAVx⁵"),
        (r"caldav ?synchronizer", "Outlook (CalDav Synchronizer)"),
        (r"microsoft outlook|ms-?outlook|outlook/", "Outlook"),
        (r"busycal", "BusyCal"),
        (r"fantastical", "Fantastical"),
        (r"onecalendar", "OneCalendar"),
        # Apple's programs name their system: « iOS/18.1 (22B83) dataaccessd/1.0 », « macOS/15.1 (24B83) … ».
        (r"^(?:ios|ipados)/|\b(?:iphone|ipad)\b.*(?:dataaccessd|accountsd|remindd)", _("iPhone ou iPad")),
        (r"macos/|mac[ +_]os[ +_]x.*(?:calendar|ical|accountsd|remind)|calendaragent|^ical/", "macOS"),
        (r"evolution|gnome", "GNOME"),
        (r"akonadi|kontact|korganizer|merkuro|kde", "KDE"),
        (r"msft-wp|windows ?mail|windows calendar|hxtsr", _("Windows (Courrier et calendrier)")),
        (r"google-?calendar|googlebot|feedfetcher", _("Google Agenda")),
        (r"vdirsyncer", "vdirsyncer"),
        (r"khal", "khal"),
        (r"calcurse", "calcurse"),
        (r"python-caldav|^caldav\b", _("programme (caldav)")),
        (r"nextcloud", "Nextcloud"),
        (r"^curl/|^wget/|python-requests|niquests|python-urllib|httpie", _("programme")),
        # Every browser says so; so do some of the above, which are told apart first.
        (r"^mozilla/", _("navigateur")),
    )
)


def client_called(agent: str) -> str:
    """« Thunderbird », « iPhone ou iPad », « ligne de commande »…; the product's own name for one that we do not know,
    « application inconnue » where it gives none."""
    for pattern, words in _KINDS:
        if pattern.search(agent):
            return words
    product = _PRODUCT.match(agent.strip())
    return product[0][:_UNKNOWN_LENGTH] if product else _("application inconnue")
