"""Review campaigns: access and tokens gone through line by line, followed up, kept as evidence."""
