"""The only place with keys: opens PIN blocks, answers card challenges, derives card keys."""
