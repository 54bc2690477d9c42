"""Accounts: people, how they authenticate, and what they may access.

==============  ====================================================================
auth            authentication and authorization, for all other packages
login           signing in with e-mail address and password, with rate limits
sessions        session cookies and CSRF tokens
known_browsers  a cookie that marks browsers in which a person has signed in before
one_time_links  links that work once: to sign in, to choose a new password, to confirm an address
api_tokens      API tokens: what they allow, and whose they are
new_token       what a new API token is to allow
secret_tokens   the random secrets behind API tokens and one-time links
throttle        limits on attempts
request_origin  checks of a form's origin and of the page to open after signing in
passwords       password hashes (argon2id)
people          creating administrators, changing passwords
email_addresses what an e-mail address is, and which ones mail can be sent to
mail            sending mail
mail_texts      subject and text of every mail
sites           creating sites
site_people     adding people to a site, changing their roles, removing them
installation    the settings of the installation
audit_log       who changed what
site_settings   validating and changing a site's settings
==============  ====================================================================
"""
