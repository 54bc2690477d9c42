"""The pages on which a site is set up and run: settings, people, installing, ownership."""
