"""What time ranges, history and upkeep need: bounds of series, kinds of busy time, redactions, the moving horizon.

Columns are added in place: a table that SQLite copies would take the rows that refer to it along. `occurrence` is
derived, so it is made anew; the store derives its rows after the migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Exact = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("region", sa.Column("deriving_from", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("region", sa.Column("deriving_to", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("region", sa.Column("upkeep_day", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE region SET deriving_from = horizon_from, deriving_to = horizon_to")
    op.add_column("calendar", sa.Column("first_change", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("calendar", sa.Column("changed_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE calendar SET changed_at = "
        "coalesce((SELECT max(at) FROM revision WHERE revision.calendar_id = calendar.id), 0)"
    )
    op.add_column("object", sa.Column("modified", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE object SET modified = (SELECT at FROM revision WHERE revision.id = object.revision_id)")
    op.add_column("object", sa.Column("first_s", sa.BigInteger()))
    op.add_column("object", sa.Column("last_s", sa.BigInteger()))
    op.create_index("ix_object_calendar_id_repeats_last_s", "object", ["calendar_id", "repeats", "last_s"])
    op.create_index("ix_object_revision_id", "object", ["revision_id"])
    op.add_column("revision", sa.Column("redacted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_revision_uid", "revision", ["uid"])
    op.create_index("ix_revision_at", "revision", ["at"])
    op.create_index("ix_revision_previous_id", "revision", ["previous_id"])
    op.create_table(
        "redaction",
        sa.Column("id", _Id, nullable=False),
        sa.Column("network", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_login", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_redaction"),
        sa.UniqueConstraint("network", "uid", name="uq_redaction_network_uid"),
    )
    op.drop_table("occurrence")
    op.create_table(
        "occurrence",
        sa.Column("object_id", _Id, nullable=False),
        sa.Column("recurrence_id", _Exact, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("calendar_id", _Id, nullable=False),
        sa.Column("long", sa.Boolean(), nullable=False),
        sa.Column("start_s", sa.BigInteger(), nullable=False),
        sa.Column("end_s", sa.BigInteger(), nullable=False),
        sa.Column("day_from", sa.Integer(), nullable=True),
        sa.Column("day_to", sa.Integer(), nullable=True),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("floating", sa.Boolean(), nullable=False),
        sa.Column("fbtype", _Exact, nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name="fk_occurrence_calendar_id"),
        sa.ForeignKeyConstraint(["object_id"], ["object.id"], name="fk_occurrence_object_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("object_id", "recurrence_id", name="pk_occurrence"),
    )
    op.create_index(
        "ix_occurrence_calendar_id_long_start_s_end_s",
        "occurrence",
        ["calendar_id", "long", "start_s", "end_s"],
        unique=False,
    )
