"""A plug-in for the kill test: jobs that leave one countable effect each."""
