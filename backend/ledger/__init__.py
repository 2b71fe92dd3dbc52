"""Accounts, transfers, holds and seals. Append only. Knows nothing of cards or partners."""
