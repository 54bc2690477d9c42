"""Accounts: people, how they authenticate, and what they may access.

==============  ========================================================================
mailing         sending mail, and its texts
access          who sends a request: sessions, API tokens; and what they may access
sites           creating, changing, transferring and deleting sites
sharing         shared links, public pages and counters, for people who do not sign in
membership      who belongs to a site or a team, and inviting people to them
people          creating people, and deleting all that belongs to them
sign_in         signing in and up, second factors, accepting invitations
oidc            signing in through an OpenID Connect provider
own_account     what people change of their own account
==============  ========================================================================

Beside these folders is what several of them use: signing and encryption, the secrets behind links and tokens, password
hashes, limits on attempts, the audit log, and the settings of the installation.
"""
