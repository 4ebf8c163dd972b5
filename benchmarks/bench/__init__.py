"""The measuring instrument of `benchmarks/server.py` and `benchmarks/flat.py`.

A *peer* is a kind of CalDAV server, ours or another's. It runs with a calendar of *events* in it and is sent the
requests of *measures*; what it spends is read from its *processes*, and what it answers is brought to one shape
(*answers*), so that it can be seen whether all peers say the same.
"""
