"""The global scope that tests run in: JavaScript on Node, WebCodecs in Python."""
