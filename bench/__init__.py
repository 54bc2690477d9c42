"""Benchmarks: size, speed and cost, measured on this machine and compared with their budgets."""
