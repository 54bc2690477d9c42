"""Sessions become segments and rollups; every metric is defined here, once, in SQL."""
