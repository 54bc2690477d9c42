"""The pages of one's account: profile, preferences, and how one signs in."""
