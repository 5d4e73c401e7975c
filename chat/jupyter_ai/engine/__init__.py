"""The chat engine: chats, runs, streams and their subscribers, on asyncio and SQLite alone."""
