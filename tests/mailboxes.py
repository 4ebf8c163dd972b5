"""A real IMAP server on a loopback port, Debian's Dovecot, with a configuration and mailboxes of its own."""

from __future__ import annotations

import getpass
import grp
import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError
from serving import eventually, free_port

USER, SECRET = "agenda", "secret de la boite"

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 0
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service auth {{
  user = {me}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A server that runs; `authority` is who made its certificate, where it has one."""

    folder: Path
    port: int
    tls_port: int
    authority: Path

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10) as client:
            client.login(USER, SECRET)
            yield client

    def put(self, *letters: bytes | Message, folder: str = "INBOX") -> None:
        """Have letters arrive."""
        with self.client() as client:
            for letter in letters:
                data = letter if isinstance(letter, bytes) else letter.as_bytes()
                client.append(folder, data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    def flags(self, folder: str = "INBOX") -> list[set[bytes]]:
        """The flags of the letters in a folder, in order."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search("ALL"))
            return [set(found[uid]) - {b"\\Recent"} for uid in sorted(found)]

    def begin_anew(self) -> None:
        """Have the inbox count its messages anew, as after a repair: another UIDVALIDITY, the same letters."""
        with self.client() as client:
            client.select_folder("INBOX")
            before = client.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
            found = client.fetch(client.search("ALL"), ["BODY.PEEK[]"])
            letters = [found[uid][b"BODY[]"] for uid in sorted(found)]
        uids = self.folder / f"mail/{USER}/dovecot-uidlist"
        for file in uids.parent.glob("dovecot*"):
            file.unlink()
        for file in uids.parent.glob("[cn]*/*"):
            file.unlink()
        uids.write_text(f"3 V{before + 7} N1 G{'0' * 31}1\n", "ascii")
        os.chown(uids, _owner().pw_uid, _owner().pw_gid)
        self.put(*letters)


@contextmanager
def mailbox(*, tls: bool = False) -> Iterator[Box]:
    """Within the block, a server with USER's empty mailbox; with TLS too, on its second port and by STARTTLS."""
    with TemporaryDirectory(prefix="dovecot-") as folder:
        yield from _running(Path(folder), tls=tls)


def _running(folder: Path, *, tls: bool) -> Iterator[Box]:
    # pytest's own folders are closed to the user to whom letters belong.
    folder.chmod(0o755)
    box = Box(folder, free_port(), free_port(), folder / "authority.pem")
    (folder / "users").write_text(f"{USER}:{SECRET}::::::\n", "utf-8")
    for name in ("mail", "home", "run", "state"):
        (folder / name).mkdir()
        os.chown(folder / name, _owner().pw_uid, _owner().pw_gid)
    (folder / "dovecot.conf").write_text(_configuration(box, tls=tls), "utf-8")
    process = subprocess.Popen(
        ["/usr/sbin/dovecot", "-F", "-c", str(folder / "dovecot.conf")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        eventually(lambda: process.poll() is not None or _answers(box), within_s=20, what="Dovecot answers")
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        yield box
    finally:
        process.terminate()
        process.wait(20)
        if process.stderr:
            process.stderr.close()


def _owner() -> pwd.struct_passwd:
    """Whose the letters are: not root's, which Dovecot refuses."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _configuration(box: Box, *, tls: bool) -> str:
    # Run by root, as in a container, it gives up its rights to Debian's users; by anybody else, it has none to give.
    is_root = os.geteuid() == 0
    me, owner = getpass.getuser(), _owner()
    return _CONFIGURATION.format(
        folder=box.folder,
        internal="dovecot" if is_root else me,
        group="dovecot" if is_root else grp.getgrgid(os.getgid()).gr_name,
        login="dovenull" if is_root else me,
        me=me,
        uid=owner.pw_uid,
        gid=owner.pw_gid,
        port=box.port,
        tls_port=box.tls_port if tls else 0,
        ssl="yes" if tls else "no",
        certificate=_certificate(box) if tls else "",
    )


def _certificate(box: Box) -> str:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(box.authority)
    made = authority.issue_cert("127.0.0.1")
    made.private_key_pem.write_to_path(box.folder / "key.pem")
    made.cert_chain_pems[0].write_to_path(box.folder / "certificate.pem")
    return f"ssl_cert = <{box.folder}/certificate.pem\nssl_key = <{box.folder}/key.pem"


def _answers(box: Box) -> bool:
    with suppress(OSError, IMAPClientError), box.client():
        return True
    return False
