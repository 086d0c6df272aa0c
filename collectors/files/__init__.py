"""Files that people put into watched folders, and the tables in them."""
