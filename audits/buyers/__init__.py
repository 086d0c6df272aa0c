"""What buyers may ask for and receive: the page, its documents, requests, decisions, hand-outs."""
