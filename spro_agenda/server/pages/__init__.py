"""The pages that a browser sees: a welcome, how to connect each application, a password chosen by an invitation.

They stand beside Radicale, below `/.web/`, and take nothing but GET, HEAD and a form. No cookie, no script that a page
needs, nothing kept by a browser.
"""

from spro_agenda.server.pages.application import Pages

__all__ = ["Pages"]
