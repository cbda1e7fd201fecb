"""The server's half of the four wire formats: reading a request, writing an answer."""
