"""An index of what clients list of a calendar: half of them list all of it each time that they look."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_index(
        "ix_object_listing",
        "object",
        ["calendar_id", "href", "visibility", "etag", "etag_outside", "component", "modified"],
    )
