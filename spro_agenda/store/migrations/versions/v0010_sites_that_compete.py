"""The site of what competes with other sites alone, so that its neighbours at its own are not read.

An upgrade writes anew all that follows from the texts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_Exact = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("occurrence_key", sa.Column("at", _Exact, nullable=False, server_default=""))
