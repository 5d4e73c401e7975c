"""From a request and a reply to the bytes of each API; no sockets, no web framework."""
