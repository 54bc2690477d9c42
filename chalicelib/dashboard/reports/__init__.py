"""The pages of figures: the home page, the overview of a site, excluded traffic."""
