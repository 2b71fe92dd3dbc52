"""Events for a partner's own system: read from a cursor, or sent to an endpoint, signed."""
