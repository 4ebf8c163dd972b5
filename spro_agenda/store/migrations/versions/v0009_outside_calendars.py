"""The calendars that networks keep elsewhere, and which events are theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_Exact = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "source",
        sa.Column("network", _Exact, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("content", _Exact, nullable=False),
        sa.Column("checked_at", sa.BigInteger()),
        sa.Column("good_at", sa.BigInteger()),
        sa.Column("failing_since", sa.BigInteger()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("network", name="pk_source"),
    )
    op.create_table(
        "harvested",
        sa.Column("network", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("content", _Exact, nullable=False),
        sa.PrimaryKeyConstraint("network", "uid", name="pk_harvested"),
    )
