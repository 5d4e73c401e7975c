"""Providers: each gives the mock server the endpoints of an API."""
