"""What people were told by mail, what they are to be told at once, and how often they want to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Exact = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("account", sa.Column("digest", _Exact, nullable=False, server_default="weekly"))
    op.create_table(
        "digest",
        *_of_account("digest"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_digest"),
    )
    op.create_table(
        "told",
        *_of_account("told"),
        sa.Column("what", _Exact, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "what", name="pk_told"),
    )
    op.create_index("ix_told_at", "told", ["at"])
    op.create_table(
        "notice",
        *_of_account("notice"),
        sa.Column("network", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "network", "uid", name="pk_notice"),
    )
    op.create_table(
        "refusal",
        sa.Column("id", _Id, nullable=False),
        *_of_account("refusal"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("slug", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_refusal"),
    )
    op.create_index("ix_refusal_account_id", "refusal", ["account_id"])
    op.create_table(
        "reached",
        sa.Column("job", _Exact, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job", name="pk_reached"),
    )


def _of_account(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("account_id", _Id, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=f"fk_{table}_account_id", ondelete="CASCADE"),
    )
