"""Values that are made up: instances of schemas, and vectors of texts."""
