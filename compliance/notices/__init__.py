"""The door outwards: mails that tell people what waits for them."""
