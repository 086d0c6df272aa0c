"""Sources of tasks: one module each, which has WORDS and a function `tasks`; being there is all."""
