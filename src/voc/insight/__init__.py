"""What the figures mean: pure statistics over scores, tags and counts."""
