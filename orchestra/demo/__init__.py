"""The sample story and the scripted provider that tells it."""
