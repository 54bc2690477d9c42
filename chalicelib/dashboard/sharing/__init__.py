"""Figures for people who do not sign in: shared pages, the badge, and the page on which they are shared."""
