"""The code: setting, checking, tries, blocking. Never a key."""
