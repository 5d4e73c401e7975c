"""The built-in slash commands: plug-ins like anybody's, found by entry points."""
