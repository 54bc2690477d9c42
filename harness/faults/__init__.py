"""Faults: what goes wrong on AWS, made to happen to a deployed Shylight, and whether every hit is then counted once.

Everything is real but the misfortune: the functions run as Lambdas on the local AWS, hits come in over HTTP, and
the figures are read from the API. Between the functions and their AWS stands a proxy that misbehaves by rule.
"""
