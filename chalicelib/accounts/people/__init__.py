"""People: creating them, and deleting all that belongs to them."""
