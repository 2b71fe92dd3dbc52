"""What a holder sees and does about their own Pass: wallets, history, card, code, data."""
