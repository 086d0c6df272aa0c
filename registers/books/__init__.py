"""The registers: one module each; being there registers it, its file name is its slug."""
