"""Questionnaires of buyers: their questions, the answers of the library, and what backs them."""
