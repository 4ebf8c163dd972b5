"""Apple's configuration profile: one touch adds the account to an iPhone, an iPad or a Mac, which asks the password."""

from __future__ import annotations

import plistlib
from uuid import NAMESPACE_URL, uuid5

from spro_agenda.address import Address
from spro_agenda.i18n import _

CONTENT_TYPE = "application/x-apple-aspen-config"
SUFFIX = ".mobileconfig"


def profile(address: Address, login: str) -> bytes:
    """The profile of a login. It is the same at each time, so that it is replaced and not doubled where it is installed
    again; no password is in it."""
    name = _("Agenda SPRO")
    account = {
        "PayloadType": "com.apple.caldav.account",
        "PayloadVersion": 1,
        "PayloadIdentifier": _identifier(address, login) + ".caldav",
        "PayloadUUID": _uuid(address, login, "caldav"),
        "PayloadDisplayName": name,
        "CalDAVAccountDescription": name,
        "CalDAVHostName": address.host,
        "CalDAVPort": address.port,
        "CalDAVUseSSL": address.secure,
        "CalDAVUsername": login,
        "CalDAVPrincipalURL": f"{address.prefix}/{login}/",
    }
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": _identifier(address, login),
            "PayloadUUID": _uuid(address, login, "profile"),
            "PayloadDisplayName": name,
            "PayloadDescription": _("Ajoute l'agenda partagé du SPRO pour « {login} ».").format(login=login),
            "PayloadOrganization": "SPRO",
            "PayloadRemovalDisallowed": False,
            "PayloadContent": [account],
        }
    )


def _identifier(address: Address, login: str) -> str:
    """In Apple's way: the host backwards, then what is below it."""
    return ".".join([*reversed(address.host.split(".")), "agenda", _uuid(address, login, "identifier")[:8].lower()])


def _uuid(address: Address, login: str, what: str) -> str:
    return str(uuid5(uuid5(NAMESPACE_URL, address.url), f"{what}:{login}")).upper()
