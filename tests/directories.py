"""A real LDAP directory on a loopback port, for the tests of logins: OpenLDAP's, with people in it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from serving import STOP_S, eventually, free_port

SUFFIX = "dc=exemple,dc=fr"
READER = f"cn=lecteur,{SUFFIX}"
SECRET = "lecture"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {home}/slapd.pid
database mdb
suffix "{suffix}"
rootdn "{reader}"
rootpw {secret}
directory {home}/data
"""

_PERSON = """
dn: uid={login},{suffix}
objectClass: inetOrgPerson
uid: {login}
cn: {login}
sn: {login}
userPassword: {password}
"""


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that answers until it is stopped."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(STOP_S)


@contextmanager
def directory(home: Path, passwords: Mapping[str, str]) -> Iterator[Directory]:
    """A directory that knows these people by their `uid`, within the block."""
    (home / "data").mkdir(parents=True)
    config = home / "slapd.conf"
    config.write_text(_CONFIG.format(home=home, suffix=SUFFIX, reader=READER, secret=SECRET), "utf-8")
    people = home / "people.ldif"
    people.write_text(
        f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: exemple\no: SPRO\n"
        + "".join(_PERSON.format(login=login, suffix=SUFFIX, password=each) for login, each in passwords.items()),
        "utf-8",
    )
    subprocess.run(["/usr/sbin/slapadd", "-f", str(config), "-l", str(people)], check=True, capture_output=True)
    url = f"ldap://127.0.0.1:{free_port()}"
    words = ["/usr/sbin/slapd", "-f", str(config), "-h", url, "-d", "0"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    running = Directory(url, process)
    try:
        asked = ["/usr/bin/ldapwhoami", "-x", "-H", url, "-D", READER, "-w", SECRET]
        eventually(
            lambda: subprocess.run(asked, check=False, capture_output=True).returncode == 0,
            within_s=20,
            what="the directory answers",
        )
        yield running
    finally:
        running.stop()
