"""The parts of neighbouring standards that WebCodecs builds on, implemented with asyncio and native threads.

HTML, DOM, Web IDL, Streams and MIME Sniffing have a module or several each. Every module names its standard.
"""
