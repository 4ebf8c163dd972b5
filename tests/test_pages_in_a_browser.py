"""The pages as people use them: a real Chromium, on a telephone and on a screen, with scripts and without."""

from __future__ import annotations

import plistlib
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from serving import Server, store_of

from spro_agenda.address import NEWS
from spro_agenda.secret import secret_of
from spro_agenda.store import Actor, Role

GOOD = "quatre mots au hasard"
SIZES = {"telephone": (375, 667), "screen": (1280, 800)}
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""As root, in a container, and asking the network for nothing."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    found = shutil.which("chromium")
    assert found, "chromium is not installed: make test-tools"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of each size, which must not complain of anything: neither of our policy nor of a file."""
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="fr-FR")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert [each for each in complaints if "the server responded with a status of 4" not in each] == []


@pytest.fixture
def unscripted(browser: Browser) -> Iterator[Page]:
    """A page where no script runs."""
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    yield context.new_page()
    context.close()


def invited(server: Server, login: str) -> str:
    """A new invitation's path."""
    with closing(store_of(server.home)) as store, store.write(Actor()) as writer:
        if login not in {each.login for each in writer.accounts()}:
            writer.add_account(login, None, Role.COORDINATOR, ["28"])
        return f".web/invitation/{writer.invite(login).text}"


def check(page: Page) -> None:
    """What every page owes: nothing that axe finds, and no reading from left to right on a telephone."""
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_every_page_is_accessible_and_fits(page: Page, server: Server) -> None:
    """Closed and unfolded."""
    for path in ("", ".web/connexion", ".web/connexion/marie?mot-de-passe=choisi", ".web/rien"):
        page.goto(server.url + path)
        check(page)
        for summary in page.locator("summary").all():
            summary.click()
        check(page)


def test_a_person_chooses_a_password_and_is_told_how_to_connect(page: Page, server: Server, tmp_path: Path) -> None:
    """With a slip of the hand on the way; an iPhone's profile at its end."""
    login = f"zoe{page.viewport_size['width']}@exemple.fr"  # type: ignore[index]
    page.goto(server.url + invited(server, login))
    check(page)
    expect(page.get_by_label("Votre identifiant")).to_have_value(login)
    password, again = page.get_by_label("Nouveau mot de passe"), page.get_by_label("Le même, encore une fois")
    password.fill(GOOD)
    again.fill("quatre mots au hasart")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("alert")).to_contain_text("ne sont pas les mêmes")
    check(page)
    page.get_by_role("alert").get_by_role("link").click()
    expect(password).to_be_focused()
    expect(password).to_have_value("")
    password.fill(GOOD)
    again.fill(GOOD)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status")).to_contain_text("est enregistré")
    page.get_by_text("iPhone et iPad").click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Télécharger le profil").click()
    downloading.value.save_as(tmp_path / "profil")
    account = plistlib.loads((tmp_path / "profil").read_bytes())["PayloadContent"][0]
    assert account["CalDAVUsername"] == login
    answer = server.request("PROPFIND", account["CalDAVPrincipalURL"], login=login, password=GOOD)
    assert answer.status == 207


def test_passwords_are_shown_on_demand_and_not_sent_as_shown(page: Page, server: Server) -> None:
    """A browser remembers the plain texts that it sends."""
    page.goto(server.url + invited(server, "marie"))
    password = page.get_by_label("Nouveau mot de passe")
    password.fill(GOOD)
    expect(password).to_have_attribute("type", "password")
    page.get_by_label("Montrer les mots de passe").check()
    expect(password).to_have_attribute("type", "text")
    page.evaluate("document.querySelector('form').addEventListener('submit', event => event.preventDefault())")
    page.get_by_label("Le même").fill(GOOD)
    page.get_by_role("button", name="Enregistrer").click()
    expect(password).to_have_attribute("type", "password")


def test_the_keyboard_alone_is_enough(page: Page, server: Server) -> None:
    """The first stop skips to the content; Enter sends."""
    login = f"clavier{page.viewport_size['width']}@exemple.fr"  # type: ignore[index]
    page.goto(server.url + invited(server, login))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_in_viewport()
    page.keyboard.press("Enter")
    for field in ("Votre identifiant", "Nouveau mot de passe", "Le même"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(field)).to_be_focused()
        if field != "Votre identifiant":
            page.keyboard.type(GOOD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("est enregistré")


def test_without_scripts_a_password_is_chosen_all_the_same(unscripted: Page, server: Server) -> None:
    """What needs a script is not shown."""
    unscripted.goto(server.url + invited(server, "sans@exemple.fr"))
    expect(unscripted.get_by_label("Montrer les mots de passe")).to_be_hidden()
    unscripted.get_by_label("Nouveau mot de passe").fill(GOOD)
    unscripted.get_by_label("Le même").fill(GOOD)
    unscripted.get_by_role("button", name="Enregistrer").click()
    expect(unscripted.get_by_role("status")).to_contain_text("est enregistré")


def test_from_the_welcome_a_login_leads_to_its_settings(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.get_by_label("Votre identifiant").fill("Marie")
    page.get_by_role("button", name="Voir mes réglages").click()
    expect(page).to_have_url(f"{server.url}.web/connexion/marie")
    expect(page.get_by_role("definition").filter(has_text="marie")).to_be_visible()


def test_the_secret_of_an_invitation_is_told_to_no_page_that_follows(page: Page, server: Server) -> None:
    page.goto(server.url + invited(server, "marie"))
    with page.expect_request(f"{server.url}.web/") as asked:
        page.get_by_role("link", name="Agenda SPRO").click()
    assert "referer" not in asked.value.all_headers()


def test_a_person_chooses_how_often_to_be_told(page: Page, server: Server) -> None:
    """By the link of a letter, on any device."""
    login = f"ines{page.viewport_size['width']}@exemple.fr"  # type: ignore[index]
    with closing(store_of(server.home)) as store, store.write(Actor()) as writer:
        writer.add_account(login, None, Role.READER)
    page.goto(f"{server.url}.web/{NEWS}/{login}/{secret_of(server.home).signed(NEWS, login)}")
    check(page)
    expect(page.get_by_label("Chaque semaine, le lundi")).to_be_checked()
    page.get_by_label("Jamais").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status")).to_contain_text("vous ne recevrez plus ces courriels")
    expect(page.get_by_label("Jamais")).to_be_checked()
    check(page)
