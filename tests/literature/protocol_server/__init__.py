"""A server on this machine that speaks the protocols of the sources, and can be told to misbehave.

``python -m tests.literature.protocol_server`` runs it for a look by hand.
"""
