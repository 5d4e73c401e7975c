"""What `jupyter_ai.testing` offers, in modules of its own so that it is imported when used."""
