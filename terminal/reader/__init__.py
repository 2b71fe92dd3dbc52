"""PC/SC: arrival, removal, transmit. Knows nothing of what a card means."""
