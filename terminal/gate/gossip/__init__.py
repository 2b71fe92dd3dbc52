"""Gates of one place tell each other who has passed, without the backend."""
