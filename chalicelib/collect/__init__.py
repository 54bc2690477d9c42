"""The hit path: a request becomes events on the queue."""
