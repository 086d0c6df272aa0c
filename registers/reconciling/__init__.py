"""The control around reconciliation: definitions, files, runs, breaks, signatures."""
