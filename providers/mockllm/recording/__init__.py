"""Asking a real server once, and keeping its answer as a rule."""
