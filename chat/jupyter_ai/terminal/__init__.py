"""The chat in a terminal: a client of a running server, or of an engine in its own process."""
