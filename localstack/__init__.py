"""The local AWS: started, provisioned, deployed to and stopped with one command, on ministack or LocalStack."""
