"""Reports: rollups and segments become the statistics of a site over a period. Without HTML and HTTP."""
