"""Accounts: people, how they authenticate, and what they may access.

==============  ====================================================================
auth            authentication and authorization, for all other packages
login           signing in with e-mail address and password, with rate limits
sessions        session cookies and CSRF tokens
known_browsers  a cookie that marks browsers in which a person has signed in before
sign_in_links   sign-in links that work once
api_tokens      API tokens
secret_tokens   the random secrets behind API tokens and sign-in links
request_origin  checks of a form's origin and of the page to open after signing in
passwords       password hashes (argon2id)
people          creating administrators, changing passwords
sites           creating sites
site_people     adding people to a site, changing their roles, removing them
installation    the settings of the installation
audit_log       who changed what
site_settings   validating and changing a site's settings
==============  ====================================================================
"""
