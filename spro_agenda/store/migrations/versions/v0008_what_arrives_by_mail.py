"""What arrives by mail: how far a mailbox was read, which letters were handled, what invitations said last."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Exact = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "mailbox",
        sa.Column("place", _Exact, nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_mailbox"),
    )
    op.create_table(
        "received",
        sa.Column("id", _Id, nullable=False),
        sa.Column("identity", _Exact, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_login", _Exact, nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("claimed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_received"),
        sa.UniqueConstraint("identity", name="uq_received_identity"),
    )
    op.create_index("ix_received_at", "received", ["at"])
    op.create_table(
        "invited",
        sa.Column("network", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("network", "uid", name="pk_invited"),
    )
