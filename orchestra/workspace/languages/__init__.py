"""What text of each language looks like when it is whole, and who can tell."""
