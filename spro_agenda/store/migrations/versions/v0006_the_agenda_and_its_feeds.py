"""The regional agenda as a calendar, and the feeds made of it.

An upgrade writes anew all that follows from the texts, the agenda included.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("region", sa.Column("public_url", sa.Text(), nullable=False, server_default=""))
    op.add_column("object", sa.Column("body_outside", sa.LargeBinary()))
    op.create_table(
        "feed",
        sa.Column("id", _Id, nullable=False),
        sa.Column("account_id", _Id),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("last_read", sa.BigInteger()),
        sa.Column("last_agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_feed_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feed_account_id", "feed", ["account_id"])
