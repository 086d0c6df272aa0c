"""One file is one kind of report; its name is the slug, and being here registers it."""
