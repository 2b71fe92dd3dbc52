"""What the command line asks of the rooms: the same use cases as the HTTP routes."""
