"""Everything a reader sees is French: click's own messages, in whatever locale, and the days, counts and spaces."""

from __future__ import annotations

import io
import os
import re
import string
import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from spro_agenda.commands import cli
from spro_agenda.i18n import LOCALE_DIR, counted, day_words, days_words, period_words, unbroken

SOURCE = LOCALE_DIR / "fr" / "LC_MESSAGES" / "messages.po"
COMPILED = SOURCE.with_suffix(".mo")
COMPILE = "pybabel compile -D messages -d spro_agenda/locale -l fr"

Text = str | tuple[str, ...]
"""What gettext is asked for, or answers: a sentence, or its singular and its plural."""


def source() -> Catalog:
    with SOURCE.open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def compiled() -> Catalog:
    with COMPILED.open("rb") as file:
        return read_mo(file)


def asked_by_click() -> set[Text]:
    """Every string that the installed click passes to gettext, with its plural where it has one."""
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    found = extract_from_dir(str(Path(click.__file__).parent), keywords=keywords)
    return {message if isinstance(message, str) else tuple(message) for _file, _line, message, *_rest in found}


def forms(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def sentences(catalogue: Catalog) -> dict[str, tuple[str, ...]]:
    """Each message by its singular, which is all that gettext looks for, with the forms of its translation."""
    return {forms(message.id)[0]: forms(message.string) for message in catalogue if message.id}


def placeholders(text: str) -> set[str]:
    """`{name!r}` or `%(name)s`, with its conversion; a format, as in `{name:.0}`, is the translator's to choose."""
    braces = {f"{name}!{conversion}" for _before, name, _format, conversion in string.Formatter().parse(text) if name}
    return braces | set(re.findall(r"%\(\w+\)\w", text))


# The catalogue


def test_the_compiled_catalogue_says_what_its_source_says() -> None:
    fresh = io.BytesIO()
    write_mo(fresh, source())
    fresh.seek(0)
    expected = read_mo(fresh)
    assert sentences(compiled()) == sentences(expected), f"messages.mo is stale: run {COMPILE}"
    assert compiled().plural_expr == expected.plural_expr == "(n > 1)"


def test_every_message_of_the_installed_click_is_translated() -> None:
    known = sentences(compiled())
    missing = sorted(forms(text)[0] for text in asked_by_click() if not all(known.get(forms(text)[0], ("",))))
    assert not missing, "\n".join(
        (
            f"This release of click says what messages.po does not translate. Add it there, then run {COMPILE}:",
            *map(repr, missing),
        )
    )


def test_a_message_has_a_plural_exactly_where_click_gives_a_number() -> None:
    """gettext does not find a plural message when it is asked without a number, nor the reverse."""
    known = sentences(compiled())
    differing = [text for text in asked_by_click() if len(known.get(forms(text)[0], forms(text))) != len(forms(text))]
    assert not differing


def test_no_translation_is_left_fuzzy() -> None:
    assert [message.id for message in source() if message.id and message.fuzzy] == []


@pytest.mark.parametrize(
    "message", [pytest.param(message, id=forms(message.id)[0]) for message in source() if message.id]
)
def test_a_translation_has_the_placeholders_of_its_message(message: Message) -> None:
    """A form may take those of either English form: « 0 » is singular in French, so it cannot write 1 for a number."""
    allowed = [placeholders(text) for text in forms(message.id)]
    assert all(placeholders(text) in allowed for text in forms(message.string))
    assert placeholders(forms(message.string)[-1]) == allowed[-1]


# The command line

ENGLISH = (
    "Show this message",
    "Usage:",
    "Try ",
    "Error:",
    "Missing",
    "No such",
    "Did you mean",
    "Invalid value",
    "is not a valid",
    "Commands",
    "default:",
)

LOCALES = [
    pytest.param({"LANG": "C.UTF-8"}, id="LANG=C.UTF-8"),
    pytest.param({"LC_ALL": "C"}, id="LC_ALL=C"),
    pytest.param({"LANG": "de_DE.UTF-8", "LANGUAGE": "en:de"}, id="LANGUAGE=en:de"),
]

COMMANDS = [
    pytest.param("--help", 0, "Affiche cette aide et s'arrête.", id="help"),
    pytest.param("merge --frobnicate", 2, "L'option '--frobnicate' n'existe pas.", id="unknown option"),
    pytest.param("users add", 2, "Il manque l'argument 'IDENTIFIANT'.", id="missing argument"),
    pytest.param("serve --port abc", 2, "'abc' n'est pas un nombre valable.", id="not a number"),
]


def in_a_shell(arguments: str, locale: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The program in a shell of that locale, and of no other."""
    settings = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "PYTHON")) and name not in {"LANG", "LANGUAGE"}
    }
    return subprocess.run(
        [sys.executable, "-m", "spro_agenda", *arguments.split()],
        env=settings | locale,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def english_in(said: str) -> list[str]:
    return [words for words in ENGLISH if words in said]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("arguments", "code", "french"), COMMANDS)
def test_click_speaks_french_in_every_locale(arguments: str, code: int, french: str, locale: dict[str, str]) -> None:
    done = in_a_shell(arguments, locale)
    said = done.stdout + done.stderr
    assert english_in(said) == []
    assert "Usage :" in said
    assert french in said
    assert done.returncode == code


@pytest.mark.parametrize(
    ("arguments", "french"),
    [
        ("merge --form", "L'option '--form' n'existe pas. Vouliez-vous dire l'un de ceux-ci : '--format', "),
        ("merge --format", "L'option '--format' attend une valeur."),
        ("merge --format pdf", "Valeur incorrecte pour '--format' : 'pdf' ne figure pas parmi "),
        ("merge --output .", "Valeur incorrecte pour '-o' / '--output' : '.' est un dossier."),
        ("serve --help=yes", "L'option '--help' ne prend pas de valeur."),
        ("serve --port 0", "0 n'est pas dans l'intervalle 1<=x<=65535."),
        ("serve now", "Argument en trop : now"),
        ("serve now please", "Arguments en trop : now please"),
        ("users add marie", "Il manque l'option '--role'. Choisissez parmi :"),
        ("frobnicate", "La commande 'frobnicate' n'existe pas."),
        ("frobnicate", "Essayez « spro-agenda --help »."),
    ],
)
def test_each_mistake_has_its_french_sentence(arguments: str, french: str) -> None:
    result = CliRunner().invoke(cli, arguments.split(), prog_name="spro-agenda")
    assert french in result.output
    assert english_in(result.output) == []
    assert result.exit_code == 2


def test_the_default_of_an_option_is_told_in_french() -> None:
    assert "[défaut : 5232" in CliRunner().invoke(cli, ["serve", "--help"]).output


# Counts


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 conflit"),
        (1, "1 conflit"),
        (2, "2 conflits"),
        (21, "21 conflits"),
    ],
)
def test_none_and_one_are_singular(number: int, words: str) -> None:
    assert counted(number, "conflit", "conflits") == words


# Days


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2021, 10, 7), "jeudi 7 octobre"),
        (date(2021, 1, 1), "vendredi 1er janvier"),
        (date(2021, 2, 11), "jeudi 11 février"),
        (date(2021, 8, 31), "mardi 31 août"),
        (date(2024, 2, 29), "jeudi 29 février"),
    ],
)
def test_a_day_is_told_by_its_weekday_without_its_year(day: date, words: str) -> None:
    assert day_words(day) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2021, 10, 7), "jeudi 7 octobre 2021"),
        (date(2021, 1, 1), "vendredi 1er janvier 2021"),
        (date(2021, 12, 21), "mardi 21 décembre 2021"),
    ],
)
def test_a_day_is_told_with_its_year_on_request(day: date, words: str) -> None:
    assert day_words(day, year=True) == words


PERIODS = [
    pytest.param(date(2021, 10, 7), date(2021, 10, 7), "le jeudi 7 octobre 2021", id="one day"),
    pytest.param(date(2021, 10, 1), date(2021, 10, 1), "le vendredi 1er octobre 2021", id="a first"),
    pytest.param(date(2021, 10, 7), date(2021, 10, 8), "du 7 au 8 octobre 2021", id="one month"),
    pytest.param(date(2021, 10, 1), date(2021, 10, 3), "du 1er au 3 octobre 2021", id="from a first"),
    pytest.param(date(2021, 9, 30), date(2021, 10, 2), "du 30 septembre au 2 octobre 2021", id="two months"),
    pytest.param(date(2021, 9, 30), date(2021, 10, 1), "du 30 septembre au 1er octobre 2021", id="to a first"),
    pytest.param(date(2021, 12, 31), date(2022, 1, 1), "du 31 décembre 2021 au 1er janvier 2022", id="two years"),
]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        *PERIODS,
        pytest.param(date(2021, 1, 1), date(2021, 12, 31), "du 1er janvier au 31 décembre 2021", id="a year"),
        pytest.param(date(2021, 10, 7), date(2022, 10, 8), "du 7 octobre 2021 au 8 octobre 2022", id="a year later"),
    ],
)
def test_a_period_says_month_and_year_once_where_they_are_shared(first: date, last: date, words: str) -> None:
    assert period_words(first, last) == words


@pytest.mark.parametrize(("first", "last", "words"), PERIODS)
def test_days_that_follow_each_other_are_a_period(first: date, last: date, words: str) -> None:
    days = tuple(first + timedelta(days=number) for number in range((last - first).days + 1))
    assert days_words(days) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        pytest.param([date(2021, 10, 7), date(2021, 10, 9)], "les 7 et 9 octobre 2021", id="two days"),
        pytest.param(
            [date(2021, 10, 1), date(2021, 10, 8), date(2021, 10, 15)],
            "les 1er, 8 et 15 octobre 2021",
            id="three days, the first a first",
        ),
        pytest.param(
            [date(2021, 10, 7), date(2021, 10, 8), date(2021, 10, 11)],
            "les 7, 8 et 11 octobre 2021",
            id="two that follow and one that does not",
        ),
        pytest.param([date(2021, 9, 30), date(2021, 10, 2)], "le 30 septembre et le 2 octobre 2021", id="two months"),
        pytest.param(
            [date(2021, 9, 30), date(2021, 10, 4), date(2021, 11, 1)],
            "le 30 septembre, le 4 octobre et le 1er novembre 2021",
            id="three months",
        ),
        pytest.param(
            [date(2029, 6, 4), date(2029, 6, 11), date(2029, 7, 2), date(2029, 7, 9)],
            "les 4 et 11 juin et les 2 et 9 juillet 2029",
            id="several days of two months",
        ),
        pytest.param(
            [date(2021, 12, 30), date(2022, 1, 3)], "le 30 décembre 2021 et le 3 janvier 2022", id="two years"
        ),
        pytest.param(
            [date(2021, 10, 7), date(2022, 10, 7)], "le 7 octobre 2021 et le 7 octobre 2022", id="a year later"
        ),
    ],
)
def test_days_apart_are_listed(days: list[date], words: str) -> None:
    assert days_words(tuple(days)) == words


@given(st.sets(st.dates(date(1990, 1, 1), date(2090, 12, 31)), min_size=1, max_size=6).map(sorted))
def test_days_are_a_list_exactly_when_one_between_them_is_missing(days: list[date]) -> None:
    apart = any(later - earlier > timedelta(days=1) for earlier, later in pairwise(days))
    listed = re.match("les? .* et ", days_words(tuple(days))) is not None
    assert listed is apart


# Spaces


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Erreur : rien", "Erreur\u00a0: rien"),
        ("Ici ; là", "Ici\u00a0; là"),
        ("Vraiment ? Oui !", "Vraiment\u00a0? Oui\u00a0!"),
        ("le « Forum » de Dreux", "le «\u00a0Forum\u00a0» de Dreux"),
        ("« Quoi ? »", "«\u00a0Quoi\u00a0?\u00a0»"),
        ("à 14:30, a;b", "à 14:30, a;b"),
        ("https://example.org/?a=b", "https://example.org/?a=b"),
        ("Chartres, Dreux (28)", "Chartres, Dreux (28)"),
        ("le 7 octobre à 28 Chartres", "le 7\u00a0octobre à 28\u00a0Chartres"),
        ("du 1er au 3 mai", "du 1er\u00a0au 3\u00a0mai"),
        ("2 × 3 = 6", "2 × 3 = 6"),
        ("", ""),
    ],
)
def test_a_space_is_unbroken_beside_french_punctuation_alone(text: str, words: str) -> None:
    assert unbroken(text) == words


@given(st.text(alphabet="ab «»:;?!.\n"))
def test_unbreaking_changes_spaces_alone_and_once(text: str) -> None:
    assert unbroken(text).replace("\u00a0", " ") == text
    assert unbroken(unbroken(text)) == unbroken(text)
