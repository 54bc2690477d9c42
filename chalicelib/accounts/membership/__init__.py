"""Who belongs to a site or a team, and inviting people to them."""
