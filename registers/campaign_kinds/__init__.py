"""The kinds of review campaigns, one file each."""
