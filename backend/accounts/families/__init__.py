"""Families: whose child somebody is, whose account is a young person's own, how it is shown."""
