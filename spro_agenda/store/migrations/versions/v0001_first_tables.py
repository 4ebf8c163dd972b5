"""The first tables: region, calendars, objects, changes, revisions, accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Exact = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", _Id, nullable=False),
        sa.Column("login", _Exact, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("login", name="uq_account_login"),
    )
    op.create_table(
        "calendar",
        sa.Column("id", _Id, nullable=False),
        sa.Column("slug", _Exact, nullable=False),
        sa.Column("kind", _Exact, nullable=False),
        sa.Column("network", _Exact, nullable=False),
        sa.Column("sync_epoch", sa.Text(), nullable=False),
        sa.Column("last_change", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tz", sa.Text(), nullable=False),
        sa.Column("components", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calendar"),
        sa.UniqueConstraint("slug", name="uq_calendar_slug"),
    )
    op.create_table(
        "region",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("horizon_from", sa.Integer(), nullable=False),
        sa.Column("horizon_to", sa.Integer(), nullable=False),
        sa.Column("toml", sa.Text(), nullable=False),
        sa.Column("toml_sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_region"),
    )
    op.create_table(
        "account_network",
        sa.Column("account_id", _Id, nullable=False),
        sa.Column("network", _Exact, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_account_network_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "network", name="pk_account_network"),
    )
    op.create_table(
        "calendar_property",
        sa.Column("calendar_id", _Id, nullable=False),
        sa.Column("account_id", _Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_calendar_property_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name="fk_calendar_property_calendar_id"),
        sa.PrimaryKeyConstraint("calendar_id", "account_id", "name", name="pk_calendar_property"),
    )
    op.create_table(
        "change",
        sa.Column("calendar_id", _Id, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("href", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name="fk_change_calendar_id"),
        sa.PrimaryKeyConstraint("calendar_id", "number", name="pk_change"),
    )
    op.create_index("ix_change_calendar_id_href_number", "change", ["calendar_id", "href", "number"], unique=False)
    op.create_table(
        "revision",
        sa.Column("id", _Id, nullable=False),
        sa.Column("calendar_id", _Id, nullable=False),
        sa.Column("href", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_login", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("previous_id", _Id, nullable=True),
        sa.Column("moved_from", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name="fk_revision_calendar_id"),
        sa.ForeignKeyConstraint(["previous_id"], ["revision.id"], name="fk_revision_previous_id"),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_revision_calendar_id_uid_id", "revision", ["calendar_id", "uid", "id"], unique=False)
    op.create_table(
        "object",
        sa.Column("id", _Id, nullable=False),
        sa.Column("calendar_id", _Id, nullable=False),
        sa.Column("href", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("repeats", sa.Boolean(), nullable=False),
        sa.Column("revision_id", _Id, nullable=False),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name="fk_object_calendar_id"),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name="fk_object_revision_id"),
        sa.PrimaryKeyConstraint("id", name="pk_object"),
        sa.UniqueConstraint("calendar_id", "href", name="uq_object_calendar_id_href"),
        sa.UniqueConstraint("calendar_id", "uid", name="uq_object_calendar_id_uid"),
    )
    op.create_table(
        "occurrence",
        sa.Column("object_id", _Id, nullable=False),
        sa.Column("recurrence_id", _Exact, nullable=False),
        sa.Column("calendar_id", _Id, nullable=False),
        sa.Column("long", sa.Boolean(), nullable=False),
        sa.Column("start_s", sa.BigInteger(), nullable=False),
        sa.Column("end_s", sa.BigInteger(), nullable=False),
        sa.Column("day_from", sa.Integer(), nullable=False),
        sa.Column("day_to", sa.Integer(), nullable=False),
        sa.Column("all_day", sa.Boolean(), nullable=False),
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
    op.create_table(
        "occurrence_key",
        sa.Column("object_id", _Id, nullable=False),
        sa.Column("recurrence_id", _Exact, nullable=False),
        sa.Column("kind", _Exact, nullable=False),
        sa.Column("key", _Exact, nullable=False),
        sa.Column("long", sa.Boolean(), nullable=False),
        sa.Column("start_s", sa.BigInteger(), nullable=False),
        sa.Column("end_s", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["object_id"], ["object.id"], name="fk_occurrence_key_object_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("object_id", "recurrence_id", "kind", "key", name="pk_occurrence_key"),
    )
    op.create_index(
        "ix_occurrence_key_kind_key_long_start_s_end_s",
        "occurrence_key",
        ["kind", "key", "long", "start_s", "end_s"],
        unique=False,
    )
    op.create_table(
        "part",
        sa.Column("object_id", _Id, nullable=False),
        sa.Column("recurrence_id", _Exact, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("date_words", sa.Text(), nullable=True),
        sa.Column("window_from", sa.Integer(), nullable=True),
        sa.Column("window_to", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["object_id"], ["object.id"], name="fk_part_object_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("object_id", "recurrence_id", name="pk_part"),
    )
