"""The shared agenda of the SPRO networks: a CalDAV server, the regional agenda, its date clashes."""
