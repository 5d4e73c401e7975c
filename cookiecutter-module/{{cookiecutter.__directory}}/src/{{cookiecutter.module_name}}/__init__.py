"""Plug-ins for the chat in Jupyter; pyproject.toml names them."""

__version__ = "0.1.0"
