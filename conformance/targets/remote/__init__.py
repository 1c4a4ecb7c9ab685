"""The interfaces of another implementation, in a browser or in Node, as Python objects.

JavaScript enters Python by a request that blocks it, and stays there while Python has something to run: so a stretch of
Python is one task of the other implementation, as it is of this one. Callbacks, settled promises and ticks of a clock
enter anew.
"""
