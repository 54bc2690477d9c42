"""People: who they are, how they prove it, and which sites are theirs.

================  =====================================================================================
people            making administrators, changing passwords
passwords         argon2id hashes
sessions          the signed cookie of a browser that has signed in, and the CSRF token that goes with it
origins           which page a form was posted from, and where to go after signing in
bearers           secrets that prove a person by themselves: what API tokens and links have in common
tokens, links     API tokens; sign-in links that work once
entry             signing in with e-mail and password, and the brake on guessing
access            what everybody else asks: who this is, and what they may see
sites, api        making sites; the API's two routes for it
================  =====================================================================================
"""
