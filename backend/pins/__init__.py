"""The code: setting it, checking it, its tries. Never a key."""
