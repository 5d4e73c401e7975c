"""The data that providers exchange with the chat and the editor."""
