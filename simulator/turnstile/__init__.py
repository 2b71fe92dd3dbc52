"""A turnstile or door without hardware: arm, contact, relay board or OSDP head, on a real line."""
