"""The pages that people see: sign-in, the home page, and the reports of a site."""
