"""Web-platform-tests in a browser: a server on the loopback interface, and pages that report to it."""
