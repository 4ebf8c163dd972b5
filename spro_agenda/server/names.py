"""The names of WebDAV (RFC 4918, 6578) and CalDAV (RFC 4791) that we read in requests, as `{namespace}name`."""

from __future__ import annotations

DAV, CALDAV = "DAV:", "urn:ietf:params:xml:ns:caldav"

PROPFIND, PROP, ALLPROP, SYNC = (f"{{{DAV}}}{name}" for name in ("propfind", "prop", "allprop", "sync-collection"))
QUERY, MULTIGET, FREE_BUSY = (
    f"{{{CALDAV}}}{name}" for name in ("calendar-query", "calendar-multiget", "free-busy-query")
)
FILTER, RANGE, EXPAND = (f"{{{CALDAV}}}{name}" for name in ("filter", "time-range", "expand"))

ETAG, TYPE, MODIFIED, RESOURCE = (
    f"{{{DAV}}}{name}" for name in ("getetag", "getcontenttype", "getlastmodified", "resourcetype")
)
DATA = f"{{{CALDAV}}}calendar-data"
