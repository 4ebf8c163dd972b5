"""What people and their views need: visibility, personal calendars, devices, invitations, an audit.

Clients that see a calendar from outside get tokens of another form than before, so they read it all again: what is
private goes from them.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Exact = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _views()
    _people()


def _views() -> None:
    with op.batch_alter_table("calendar") as calendar:
        calendar.add_column(sa.Column("owner_id", _Id))
        calendar.create_foreign_key("fk_calendar_owner_id", "account", ["owner_id"], ["id"])
    op.add_column("object", sa.Column("visibility", _Exact, nullable=False, server_default="public"))
    op.add_column("object", sa.Column("etag_outside", sa.Text()))
    op.create_index("ix_object_calendar_id_visibility", "object", ["calendar_id", "visibility"])
    op.add_column("change", sa.Column("visibility_before", _Exact))
    op.add_column("change", sa.Column("visibility_after", _Exact))
    # All was told to everybody.
    op.execute("UPDATE change SET visibility_before = 'public'")
    op.execute("UPDATE change SET visibility_after = 'public' WHERE NOT deleted")


def _people() -> None:
    op.add_column("revision", sa.Column("device_label", sa.Text(), nullable=False, server_default=""))
    op.add_column("account", sa.Column("email", sa.Text(), nullable=False, server_default=""))
    op.add_column("account", sa.Column("created_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("account", sa.Column("last_seen", sa.BigInteger()))
    # Nobody is idle for having been there before this was counted.
    op.execute(sa.text("UPDATE account SET created_at = :now").bindparams(now=int(time.time())))
    op.create_table(
        "device",
        sa.Column("id", _Id, nullable=False),
        sa.Column("account_id", _Id, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("selector", _Exact, nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_device_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_device"),
        sa.UniqueConstraint("selector", name="uq_device_selector"),
    )
    op.create_index("ix_device_account_id", "device", ["account_id"])
    op.create_table(
        "invitation",
        sa.Column("account_id", _Id, nullable=False),
        sa.Column("selector", _Exact, nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_invitation_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", name="pk_invitation"),
        sa.UniqueConstraint("selector", name="uq_invitation_selector"),
    )
    op.create_table(
        "audit",
        sa.Column("id", _Id, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_login", sa.Text(), nullable=False),
        sa.Column("action", _Exact, nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_actor_login_id", "audit", ["actor_login", "id"])
