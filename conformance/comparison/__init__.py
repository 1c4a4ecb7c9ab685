"""The results of several implementations side by side, on one page."""
