"""Deployment, and the infrastructure that Chalice does not create: CloudFormation stack, policies, GeoIP data."""
