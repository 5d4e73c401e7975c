"""The settings: their file, where each comes from, and how they change."""
