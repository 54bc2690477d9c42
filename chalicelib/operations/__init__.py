"""Operating a deployment: its state, queues, data sources, settings, people, sites and cost; rebuilt days; keys.

The command line (`make admin`) and the pages of the administration both work through this package. Changes name the
administrator who makes them, or None for the command line, and are recorded in the audit log.
"""
