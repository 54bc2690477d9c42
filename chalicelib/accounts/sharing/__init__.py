"""Figures for people who do not sign in: shared links, their addresses and passwords, and counters."""
