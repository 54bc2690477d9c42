"""Rollups become pages, JSON and files."""
