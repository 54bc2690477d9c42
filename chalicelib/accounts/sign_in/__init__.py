"""Signing in and up: passwords, second factors, passkeys, invitations."""
