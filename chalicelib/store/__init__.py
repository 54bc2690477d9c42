"""DynamoDB tables, SQS queues, the S3 bucket and secrets: the only package that imports AWS libraries."""
