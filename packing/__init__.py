"""Puts the one-file program together; build_zipapp.py is the command."""
