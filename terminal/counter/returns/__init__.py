"""Money that goes back at the counter: a sale of this till, or what a receipt names."""
