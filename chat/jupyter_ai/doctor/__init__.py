"""`jupyter ai doctor`: what works and what does not, part by part, and what to do about it."""
