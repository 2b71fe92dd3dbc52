"""A payment's life: authorise and reverse."""
