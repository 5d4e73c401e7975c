"""`/sql`: run a query on a SQLite database, once it was confirmed."""

from jupyter_ai_sql.handler import SqlChatHandler

__all__ = ["SqlChatHandler"]
