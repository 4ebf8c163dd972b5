"""What further kinds of clashes need: nothing of the tables, but the keys of every event, and which of them are vague.

An upgrade writes anew all that follows from the texts, and that is all this one is for.
"""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The tables are as they were."""
