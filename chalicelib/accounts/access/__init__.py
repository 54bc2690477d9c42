"""Who sends a request, and what they may access: sessions, API tokens, rights."""
