"""Why the system refused, in the reader's language."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from spro_agenda.commands import _told
from spro_agenda.errors import reason


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), "le fichier ou le dossier n'existe pas"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES)), "l'accès est interdit"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "il n'y a plus de place sur le disque"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "le nom de cette machine est inconnu"),
        (OSError(errno.EBADMSG, os.strerror(errno.EBADMSG)), f"erreur {errno.EBADMSG} du système"),
        (OSError("cannot do it"), "sans dire pourquoi"),
    ],
)
def test_a_reason_is_french(error: OSError, told: str) -> None:
    """Those that are rare go by their number, by which anybody can look them up."""
    assert reason(error) == told


def test_what_no_command_expected_of_the_system_is_told_in_french(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the file that it was about."""
    with pytest.raises(FileNotFoundError) as raised:
        (tmp_path / "absent").read_bytes()
    assert _told(raised.value) == 4
    assert capsys.readouterr().err.startswith(
        f"{tmp_path / 'absent'} : le système refuse (le fichier ou le dossier n'existe pas)."
    )
