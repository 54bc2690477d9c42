"""A request becomes an event on the queue."""
