"""Believable traffic: who visits the demo's sites, from where, and what they read. A plan first, then sent over HTTP.

The plan is data, so that what was sent can be counted here as well, by other code than the product's own.
"""
