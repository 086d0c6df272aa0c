"""The door for programs: REST API v1, entered with a scoped token and nothing else."""
