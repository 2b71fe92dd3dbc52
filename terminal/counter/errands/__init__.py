"""What a card is presented for besides a sale: to read its balances, to give one payment back."""
