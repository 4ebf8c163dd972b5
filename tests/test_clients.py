"""Clients are called by the names that people know, whatever they write of themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spro_agenda.clients import client_called


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.0", "Thunderbird"),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "iPhone ou iPad"),
        ("iOS/9.3.5 (13G36) accountsd/1.0", "iPhone ou iPad"),
        ("macOS/15.1 (24B83) dataaccessd/1.0", "macOS"),
        ("Mac+OS+X/10.15.7 (19H15) CalendarAgent/930.5.1", "macOS"),
        ("Mac_OS_X/10.9.2 (13C64) CalendarAgent/176", "macOS"),
        ("DAVx5/4.4.3-ose (dav4jvm; okhttp/4.12.0) Android/14", "DAVx⁵"),
        ("DAVdroid/1.0", "DAVx⁵"),
        ("CalDavSynchronizer/4.5", "Outlook (CalDav Synchronizer)"),
        ("Evolution/3.46.4", "GNOME"),
        ("Mozilla/5.0 (X11; Linux x86_64) KIO/5.103 akonadi", "KDE"),
        ("vdirsyncer/0.21.0", "vdirsyncer"),
        ("python-caldav/3.6.0", "programme (caldav)"),
        ("curl/8.5.0", "programme"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "navigateur"),
        ("spro-agenda import", "ligne de commande"),
        ("spro-agenda", "ligne de commande"),
        ("MonAgenda/1.0 (rien)", "MonAgenda"),
        ("Business Calendar/2", "Business Calendar"),
        ("", "application inconnue"),
        ("0/1", "application inconnue"),
    ],
)
def test_a_client_goes_by_the_name_that_people_know(agent: str, words: str) -> None:
    assert client_called(agent) == words


@given(st.text())
def test_whatever_a_client_writes_is_a_short_name_that_drives_no_terminal(agent: str) -> None:
    """The header is anybody's to write."""
    words = client_called(agent)
    assert 0 < len(words) <= 40
    assert words.isprintable()
