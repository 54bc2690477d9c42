"""What an event says about its visitor."""
