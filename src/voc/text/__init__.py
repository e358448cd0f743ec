"""Text primitives that privacy, tagging and themes share: splitting, language, normalising, encoding."""
