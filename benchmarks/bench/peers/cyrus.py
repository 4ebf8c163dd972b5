"""Cyrus, where Debian's `cyrus-caldav`, `cyrus-imapd` and `sasl2-bin` are installed (`make bench-setup`).

It runs from a private folder, with its configuration, mail spool, databases and passwords, and listens on loopback
only; as the user `cyrus` when root starts it, otherwise as who does. A person has calendars once she has an INBOX,
which the administrator makes over IMAP. Its calendar is loaded by PUTs.
"""

from __future__ import annotations

import getpass
import grp
import imaplib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench.client import Request, basic
from bench.events import Calendar
from bench.peers.base import PASSWORD, PERSON, Peer, Program, Server, free_port, must, put_all, running

BINARIES = Path("/usr/lib/cyrus/bin")
SASLPASSWD = Path("/usr/sbin/saslpasswd2")
ADMIN = "chef"

IMAPD_CONF = """\
configdirectory: {folder}/lib
partition-default: {folder}/spool
defaultpartition: default
proc_path: {folder}/run/proc
mboxname_lockpath: {folder}/run/lock
lmtpsocket: {folder}/run/lmtp
idlesocket: {folder}/run/idle
notifysocket: {folder}/run/notify
servername: localhost
cyrus_user: {user}
cyrus_group: {group}
admins: {admin}
allowplaintext: yes
sasl_mech_list: PLAIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb2
httpmodules: caldav
"""

CYRUS_CONF = """\
START {{
  recover cmd="ctl_cyrusdb -C {conf} -r"
}}
SERVICES {{
  imap cmd="imapd -C {conf}" listen="127.0.0.1:{imap}" prefork=0 maxchild=4
  http cmd="httpd -C {conf}" listen="127.0.0.1:{http}" prefork=1 maxchild=4
}}
EVENTS {{
}}
"""


@contextmanager
def serving(folder: Path, calendar: Calendar) -> Iterator[Server]:
    home, user = folder / "cyrus", _user()
    imap, http = free_port(), free_port()
    _configure(home, user, imap, http)
    options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    program = Program(
        words=[
            str(BINARIES / "master"),
            "-D",
            "-C",
            f"{home}/imapd.conf",
            "-M",
            f"{home}/cyrus.conf",
            "-p",
            f"{home}/run/pid",
        ],
        folder=home,
        port=http,
        calendar=f"/dav/calendars/user/{PERSON}/28/",
        headers=basic(PERSON, PASSWORD),
        first=Request(method="OPTIONS", path="/"),  # as nobody: a person without an INBOX gets a 500
        options=options,
    )
    with running(program) as server:
        _make_inbox(imap)
        with closing(server.client()) as client:
            must(client, Request(method="MKCALENDAR", path=server.calendar), 201)
        put_all(server, calendar)
        yield server


def _words(home: Path) -> list[str]:
    words = [str(BINARIES / "master"), "-D", "-p", str(home / "run/pid")]
    return [*words, "-C", str(home / "imapd.conf"), "-M", str(home / "cyrus.conf")]


def _user() -> pwd.struct_passwd:
    return pwd.getpwnam("cyrus" if os.getuid() == 0 else getpass.getuser())


def _configure(home: Path, user: pwd.struct_passwd, imap: int, http: int) -> None:
    home.parent.chmod(0o711)
    for name in ("lib/db", "lib/socket", "lib/msg", "lib/log", "spool", "run/proc", "run/lock"):
        (home / name).mkdir(parents=True)
    conf, group = home / "imapd.conf", grp.getgrgid(user.pw_gid).gr_name
    conf.write_text(IMAPD_CONF.format(folder=home, user=user.pw_name, group=group, admin=ADMIN))
    (home / "cyrus.conf").write_text(CYRUS_CONF.format(conf=conf, imap=imap, http=http))
    for login in (PERSON, ADMIN):
        words = [str(SASLPASSWD), "-p", "-c", "-f", str(home / "sasldb2"), "-u", "localhost", login]
        subprocess.run(words, input=PASSWORD.encode(), check=True, capture_output=True)
    for path in (home, *home.rglob("*")):
        shutil.chown(path, user.pw_uid, user.pw_gid)


def _make_inbox(port: int) -> None:
    with imaplib.IMAP4("127.0.0.1", port) as connection:
        connection.login(ADMIN, PASSWORD)
        status, answer = connection.create(f"user/{PERSON}")
        assert status == "OK", answer


def _missing() -> str | None:
    programs = (BINARIES / "httpd", BINARIES / "imapd", SASLPASSWD)
    return None if all(program.exists() for program in programs) else "make bench-setup"


def _version() -> str:
    words = ["dpkg-query", "--show", "--showformat", "${Version}", "cyrus-caldav"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


PEER = Peer(name="cyrus", serving=serving, version=_version, missing=_missing)
