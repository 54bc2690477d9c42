"""What tests and benchmarks share: Lambda's requests, recorded AWS calls, a sample day, faults put in between."""
