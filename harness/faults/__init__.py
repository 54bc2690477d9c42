"""Fault injection: faults of AWS are caused in a deployed Shylight, and every hit must still be counted exactly once.

Only the faults are simulated: the functions run as Lambda functions on the local AWS, hits are sent over HTTP, and the
metrics are read from the API. A proxy between the functions and AWS causes the faults by rules.
"""
