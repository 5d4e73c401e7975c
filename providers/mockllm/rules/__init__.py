"""The rules of a responses file: how they are read, and when they match."""
