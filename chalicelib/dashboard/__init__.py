"""The pages that people see, in one folder per area; beside the folders, what all pages share."""
