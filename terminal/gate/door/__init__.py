"""The turnstile or door of a gate: released, passed, counted; forced or held open, said."""
