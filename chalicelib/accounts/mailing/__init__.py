"""Mail to people: sending it, and its texts."""
