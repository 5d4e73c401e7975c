"""The built-in personas: plug-ins like anybody's, found by entry points."""
