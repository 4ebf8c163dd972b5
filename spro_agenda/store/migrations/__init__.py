"""Alembic's environment: each version of the tables is one module of `versions`, named and kept for ever."""
