"""What Chalice does not create (CloudFormation, policies, GeoIP data), and the deployment that runs it all."""
