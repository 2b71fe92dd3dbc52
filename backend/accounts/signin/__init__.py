"""Signing in: accounts by e-mail, passwords, the second factor, sessions."""
