"""What a Pass card is: layout, numbers, key diversification, host side of the card protocol. Pure."""
