"""Realistic traffic for the demo's sites: planned first, then sent over HTTP.

The plan is data, so the expected metrics can be computed from it independently of the product's code.
"""
