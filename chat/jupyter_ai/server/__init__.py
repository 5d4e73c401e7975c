"""The chat on a Jupyter Server: start-up, REST and WebSocket."""
