"""Tagging: sentiment, categories, intent and urgency of texts and of their mentions."""
