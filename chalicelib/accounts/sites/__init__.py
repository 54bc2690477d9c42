"""Sites: creating, changing, transferring and deleting them."""
