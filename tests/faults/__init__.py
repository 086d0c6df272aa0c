"""Parts of an installation are killed while it works: nothing is lost, doubled or left untold."""
