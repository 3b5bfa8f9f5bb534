"""Which adapter suits a prompt, when its sender names none.

The name: `routing/` chooses the node that answers, this room chooses the adapter it answers with.
"""
