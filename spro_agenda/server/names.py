"""The names of WebDAV (RFC 3744, 4918, 6578) and CalDAV (RFC 4791) that we read in requests, as `{namespace}name`."""

from __future__ import annotations

DAV, CALDAV = "DAV:", "urn:ietf:params:xml:ns:caldav"

PROPFIND, PROP, ALLPROP, PROPNAME, SYNC = (
    f"{{{DAV}}}{name}" for name in ("propfind", "prop", "allprop", "propname", "sync-collection")
)
UPDATE, SET, REMOVE = (f"{{{DAV}}}{name}" for name in ("propertyupdate", "set", "remove"))
HREF, STATUS, RESPONSE, PROPSTAT, MULTISTATUS, ERROR, DESCRIPTION = (
    f"{{{DAV}}}{name}"
    for name in ("href", "status", "response", "propstat", "multistatus", "error", "responsedescription")
)
QUERY, MULTIGET, FREE_BUSY = (
    f"{{{CALDAV}}}{name}" for name in ("calendar-query", "calendar-multiget", "free-busy-query")
)
FILTER, RANGE, EXPAND, TIME_ZONE = (f"{{{CALDAV}}}{name}" for name in ("filter", "time-range", "expand", "timezone"))
COMP_FILTER, PROP_FILTER, PARAM_FILTER, TEXT_MATCH, NOT_DEFINED = (
    f"{{{CALDAV}}}{name}" for name in ("comp-filter", "prop-filter", "param-filter", "text-match", "is-not-defined")
)
LIMIT = f"{{{DAV}}}limit/{{{DAV}}}nresults"

ETAG, TYPE, MODIFIED, RESOURCE = (
    f"{{{DAV}}}{name}" for name in ("getetag", "getcontenttype", "getlastmodified", "resourcetype")
)
DATA = f"{{{CALDAV}}}calendar-data"
COMP, NAMED, EVERY_PROPERTY, EVERY_COMPONENT = (
    f"{{{CALDAV}}}{name}" for name in ("comp", "prop", "allprop", "allcomp")
)

SEARCH, SEARCHED, MATCH = (f"{{{DAV}}}{name}" for name in ("principal-property-search", "property-search", "match"))
DISPLAY_NAME, PRINCIPAL_URL = (f"{{{DAV}}}{name}" for name in ("displayname", "principal-URL"))
HOME, ADDRESSES = (f"{{{CALDAV}}}{name}" for name in ("calendar-home-set", "calendar-user-address-set"))
