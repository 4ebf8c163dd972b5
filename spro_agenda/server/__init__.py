"""The server: our WSGI application around an unmodified Radicale, under a real WSGI server."""
