"""The pages on the way to a session: signing in and up, and the links of mails that lead there."""
