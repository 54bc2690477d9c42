"""Shylight: privacy-friendly web analytics on AWS Lambda. The folders read in the order a hit travels."""
