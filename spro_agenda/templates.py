"""Templates of pages and letters: Jinja2, with our sentences passing through gettext like all others."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from spro_agenda.i18n import _, unbroken


@cache
def templates_of(package: str) -> Environment:
    """The templates in the folder `templates` of a package. What is put into those of HTML is escaped."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension's
        lambda message: unbroken(_(message)),
        lambda one, many, number: unbroken(_(many if number > 1 else one)),
        newstyle=True,
    )
    return environment
