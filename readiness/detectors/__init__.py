"""One file is one detector: a rule that answers an entry of the programme from the data."""
