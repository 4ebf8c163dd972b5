"""What each page says: a welcome, how to connect, the choice of a password."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from spro_agenda.address import NEWS
from spro_agenda.errors import BadInput, NotFound, SproError
from spro_agenda.i18n import _
from spro_agenda.model import Account, Frequency, folded_login
from spro_agenda.rates import Buckets, Rate
from spro_agenda.secret import Secret
from spro_agenda.server.pages.profile import CONTENT_TYPE, SUFFIX, profile
from spro_agenda.server.pages.reply import Reply, page, plain, redirect
from spro_agenda.server.pages.visit import Visit
from spro_agenda.store import AccountChange, Actor, Invitation, Reader, Store, Token, token_of
from spro_agenda.store.accounts import SHORTEST_PASSWORD, check_login
from spro_agenda.store.devices import MOST_DEVICES

CONNECTING = "connexion"
INVITATION = "invitation"
PROFILE = "mobileconfig"
CHOSEN = "mot-de-passe"
"""In the address of who has just chosen a password."""

CHOICES = Rate(burst=20, per_s=0.1)
"""Forms sent from one address, which may be a whole office."""

RETRY_AFTER_S = 30

Opened = Callable[[], Store]
Signed = Callable[[], Secret]


class NoSuchPage(SproError):
    """An address at which there is none."""

    http_status = 404

    def __init__(self) -> None:
        super().__init__(_("Il n'y a pas de page à cette adresse. Vérifiez-la, ou revenez à l'accueil."))


class TooOften(SproError):
    """A form that is sent again and again."""

    http_status = 429

    def __init__(self) -> None:
        super().__init__(_("Trop d'essais ont été faits d'ici. Réessayez dans quelques minutes."))


def welcome(visit: Visit, opened: Opened) -> Reply:
    """What this is, which calendars there are, how to connect."""
    with opened().read() as reader:
        calendars, region = reader.shared_calendars(), reader.region()
    return page("welcome.html", {**_common(visit), "calendars": calendars, "region": region.name, "login": ""})


def connecting(visit: Visit, login: str = "") -> Reply:
    """How to connect each application; for a login, whether anybody has it or not. Raises BadInput."""
    if not login and visit.form.get("identifiant"):
        return redirect(visit.place.link(CONNECTING, _login(visit.form["identifiant"])))
    told = {**_common(visit), "login": _login(login) if login else "", "chosen": CHOSEN in visit.form}
    return page("connecting.html", told)


def mobileconfig(visit: Visit, name: str) -> Reply:
    """Apple's profile for a login, whether anybody has it or not. Raises NoSuchPage, BadInput."""
    if not name.endswith(SUFFIX):
        raise NoSuchPage
    login = _login(name.removesuffix(SUFFIX))
    return Reply(
        body=profile(visit.address, login),
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": 'attachment; filename="agenda-spro.mobileconfig"'},
    )


class Choosing:
    """The choice of a password, by the link of an invitation."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._sent = Buckets[str](CHOICES)

    def __call__(self, visit: Visit, secret: str) -> Reply:
        """The form, or what comes of it once it is sent. Raises NotFound for a link that is no good (any more)."""
        # A text that is no secret is nobody's.
        token = token_of(secret) or Token("", "")
        if visit.method == "POST" and self._sent.take(visit.peer):
            raise TooOften
        with self._opened().read() as reader:
            invitation = reader.invitation(token)
        if visit.method != "POST":
            return _form(visit, invitation)
        try:
            login = self._chosen(visit, invitation, token)
        except BadInput as error:
            return _form(visit, invitation, error)
        return redirect(visit.place.link(CONNECTING, login) + f"?{CHOSEN}=choisi")

    def _chosen(self, visit: Visit, invitation: Invitation, token: Token) -> str:
        password = visit.form.get("password", "")
        if password != visit.form.get("again", ""):
            raise BadInput(_("Les deux mots de passe ne sont pas les mêmes. Tapez-les de nouveau."))
        with self._opened().write(Actor(login=invitation.login, agent=visit.agent)) as writer:
            return writer.use_invitation(token, password)


class Telling:
    """How often somebody is told the news by mail, chosen by the link in such a mail."""

    def __init__(self, opened: Opened, signed: Signed) -> None:
        self._opened, self._signed = opened, signed

    def __call__(self, visit: Visit, login: str, signature: str) -> Reply:
        """The choice, or what comes of it. What a mail program sends by itself when its user wants no more such mails
        has no choice in it (RFC 8058), and ends them. Raises NoSuchPage for a link that we did not give."""
        if not self._signed().is_signed(signature, NEWS, login):
            raise NoSuchPage
        if visit.method != "POST":
            with self._opened().read() as reader:
                account = _account_of(reader, login)
            return self._page(visit, account, changed=False)
        wanted = visit.form.get("frequency", Frequency.NEVER.value)
        if wanted not in set(Frequency):
            raise BadInput(_("Choisissez chaque jour, chaque semaine ou jamais."))
        with self._opened().write(Actor(login=login, agent=visit.agent)) as writer:
            account = _account_of(writer, login)
            if account.digest != wanted:
                account = writer.set_account(login, AccountChange(digest=Frequency(wanted)))
        return self._page(visit, account, changed=True)

    def _page(self, visit: Visit, account: Account, *, changed: bool) -> Reply:
        choices = [
            (Frequency.DAILY.value, _("Chaque jour où il y en a")),
            (Frequency.WEEKLY.value, _("Chaque semaine, le lundi")),
            (Frequency.NEVER.value, _("Jamais")),
        ]
        told = {**_common(visit), "email": account.email, "chosen": account.digest.value, "changed": changed}
        return page("news.html", {**told, "choices": choices})


def _account_of(reader: Reader, login: str) -> Account:
    """Whose link it is. Raises NoSuchPage for who has no account any more."""
    try:
        return reader.account(login)
    except NotFound as error:
        raise NoSuchPage from error


def problem(visit: Visit, error: SproError, headers: Mapping[str, str] | None = None) -> Reply:
    """An error, as a page with its sentence, or as the sentence alone; with headers of its own."""
    status = HTTPStatus(error.http_status)
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers = {"Retry-After": str(RETRY_AFTER_S)}
    told = {**_common(visit), "sentence": error.public}
    answer = page("problem.html", told) if visit.browses else plain(f"{error.public}\n")
    return replace(answer, status=status, headers=headers or {})


def _form(visit: Visit, invitation: Invitation, error: BadInput | None = None) -> Reply:
    return page(
        "invitation.html",
        {
            **_common(visit),
            "login": invitation.login,
            "least": SHORTEST_PASSWORD,
            "error": str(error) if error else "",
        },
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        scripted=True,
    )


def _login(text: str) -> str:
    """A login that somebody might have. Raises BadInput."""
    login = folded_login(text)
    check_login(login)
    return login


def _common(visit: Visit) -> dict[str, Any]:
    return {"address": visit.address, "link": visit.place.link, "most_devices": MOST_DEVICES}
