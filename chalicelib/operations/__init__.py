"""Operating a deployment: its health, dead letters, people, sites, usage and cost, rebuilt days and the signing key.

The command line (`make admin`) and the pages of the administration both work through this package. Changes name the
administrator who makes them, or None for the command line, and are recorded in the audit log.
"""
