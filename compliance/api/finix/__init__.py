"""Door for programs that speak as those of a payment platform do: the compliance forms API."""
