"""Enrichment: browser, device, location, source and channel of a hit, and whether a bot sent it."""
