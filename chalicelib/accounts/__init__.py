"""Accounts: people, how they authenticate, and what they may access.

=====================  ========================================================================================
auth                   authentication and authorization, for all other packages
login                  signing in with e-mail address and password, with rate limits
sign_in_ways           whether people sign in by themselves, through a provider, or both
sign_up                creating an account, once its owner has opened a mailed link
sessions               session cookies and CSRF tokens
browser_sessions       the list of a person's sessions
session_origin         browser, system and country of a session
known_browsers         a cookie that marks browsers in which a person has signed in before
one_time_links         links that work once: to sign in, to choose a new password, to confirm an address
api_tokens             API tokens: what they allow, and whose they are
new_token              what a new API token is to allow
secret_tokens          the random secrets behind API tokens and one-time links
second_factor          authenticator apps and recovery codes
passkeys               adding passkeys, and signing in with them
passkey_challenges     what passkeys sign, and whom they are for
second_step            the state between the two steps of signing in
totp                   the codes of authenticator apps
recovery_codes         codes that replace a second factor once
encryption             encryption of secrets that must be stored readable
signing                keys for each kind of token, and tokens that name the key they were signed with
signed_tokens          short-lived signed tokens between two requests
notices                telling people that their security has changed
oidc                   signing in through an OpenID Connect provider
oidc_provider          what the provider says about itself, and the requests to it
oidc_state             what a browser keeps while somebody is at the provider
oidc_id_token          validation of ID tokens
oidc_people            whom an identity at the provider belongs to
throttle               limits on attempts
equal_time             answers that take equally long whatever they find out
request_origin         checks of a form's origin and of the page to open after signing in
passwords              password hashes (argon2id)
password_change        changing one's password, with the present one or a mailed link
people                 creating administrators, changing names and passwords
profile                changing one's name and preferences together
addresses              the e-mail addresses of a person
email_addresses        what an e-mail address is, and which ones mail can be sent to
mail                   sending mail
mail_content           what a mail consists of
mail_texts             subject and text of every mail
invitation_texts       subject and text of the mails with invitations
sites                  creating sites
site_people            changing the roles of a site's people, removing them
site_teams             giving sites to teams, and taking them back
site_settings          validating and changing a site's settings
teams                  teams and their members
team_rights            what people may do in a team
invitations            inviting people to a site, to a team or to the installation
invitation_acceptance  accepting an invitation, with an account or a new one
invitation_tokens      the secrets in the links of invitations
input_fields           reading the fields of requests about people
shared_links           the shared links of a site, for those who manage them
shared_link_fields     validating the fields of a shared link
shared_access          who may open what is shared
link_tokens            the tokens in the addresses of shared links and counters
link_passwords         the passwords of shared links
embed_origins          whose pages may embed a shared page
counters               a site's counter and badge
installation           the settings of the installation
audit_log              who changed what
=====================  ========================================================================================
"""
