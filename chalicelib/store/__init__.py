"""The only rooms that know AWS: tables, queue, bucket."""
