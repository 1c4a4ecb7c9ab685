"""What neighbouring standards (HTML, DOM, Web IDL) lend WebCodecs, on asyncio and native threads."""
