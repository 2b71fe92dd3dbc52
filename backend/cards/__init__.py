"""Issuing, personalisation, life and blocking of cards; proving a card genuine."""
