"""The life of clashes: when they were found and when they went, what people said of them, and of opportunities.

An upgrade writes anew all that follows from the texts, clashes included.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Exact = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("object", sa.Column("fingerprint", _Exact, nullable=False, server_default=""))
    op.add_column("part", sa.Column("edtf", sa.Text()))
    op.add_column("occurrence_key", sa.Column("sought", _Exact, nullable=False, server_default=""))
    op.add_column("occurrence_key", sa.Column("vague", sa.Boolean(), nullable=False, server_default=sa.false()))
    _found()
    _said()


def _found() -> None:
    op.create_table(
        "clash",
        sa.Column("id", _Id, nullable=False),
        sa.Column("identity", _Exact, nullable=False),
        sa.Column("kind", _Exact, nullable=False),
        sa.Column("shared", _Exact, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("key_text", _Exact, nullable=False),
        sa.Column("fingerprint", _Exact, nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_clash"),
        sa.UniqueConstraint("identity", name="uq_clash_identity"),
    )
    op.create_index("ix_clash_gone_at", "clash", ["gone_at"])
    op.create_table(
        "clash_member",
        sa.Column("clash_id", _Id, nullable=False),
        sa.Column("network", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.ForeignKeyConstraint(["clash_id"], ["clash.id"], name="fk_clash_member_clash_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("clash_id", "network", "uid", name="pk_clash_member"),
    )
    op.create_index("ix_clash_member_network_uid", "clash_member", ["network", "uid"])
    op.create_table(
        "encounter",
        sa.Column("id", _Id, nullable=False),
        sa.Column("clash_id", _Id, nullable=False),
        sa.Column("weight", _Exact, nullable=False),
        sa.Column("also", _Exact, nullable=False),
        sa.Column("day_from", sa.Integer(), nullable=False),
        sa.Column("day_to", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["clash_id"], ["clash.id"], name="fk_encounter_clash_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_encounter"),
    )
    op.create_index("ix_encounter_clash_id", "encounter", ["clash_id"])
    op.create_index("ix_encounter_day_to", "encounter", ["day_to"])
    op.create_table(
        "encounter_member",
        sa.Column("encounter_id", _Id, nullable=False),
        sa.Column("network", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("recurrence_id", _Exact, nullable=False),
        sa.ForeignKeyConstraint(
            ["encounter_id"], ["encounter.id"], name="fk_encounter_member_encounter_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("encounter_id", "network", "uid", "recurrence_id", name="pk_encounter_member"),
    )
    op.create_index("ix_encounter_member_network_uid", "encounter_member", ["network", "uid"])


def _said() -> None:
    op.create_table(
        "settlement",
        sa.Column("id", _Id, nullable=False),
        sa.Column("identity", _Exact, nullable=False),
        sa.Column("side", _Exact, nullable=False),
        sa.Column("verdict", _Exact, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("actor_login", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", _Exact, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_settlement"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_settlement_identity", "settlement", ["identity"])
    op.create_index("ix_settlement_actor_login", "settlement", ["actor_login"])
    op.create_table(
        "family_member",
        sa.Column("network", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("family", _Exact, nullable=False),
        sa.PrimaryKeyConstraint("network", "uid", name="pk_family_member"),
    )
    op.create_index("ix_family_member_family", "family_member", ["family"])
    op.create_table(
        "dismissal",
        sa.Column("identity", _Exact, nullable=False),
        sa.Column("kind", _Exact, nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("actor_login", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_dismissal"),
    )
    op.create_table(
        "participation",
        sa.Column("network", _Exact, nullable=False),
        sa.Column("uid", _Exact, nullable=False),
        sa.Column("participant", _Exact, nullable=False),
        sa.Column("actor_login", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("network", "uid", "participant", name="pk_participation"),
    )
