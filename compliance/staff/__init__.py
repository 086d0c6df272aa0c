"""The door for compliance staff: the web admin in the clothes of django-unfold."""
