"""A timeline of what codecs do."""
