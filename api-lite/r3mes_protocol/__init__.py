"""The contract that launcher, engine and api-lite share: messages, signatures, errors and exit codes.

This package depends on pydantic, PyNaCl and the standard library only, and on none of the three programs.
"""

PROTOCOL_VERSION = 1
"""Version of the node session and of the control channel. Both ends refuse another one."""

NODE_SUBPROTOCOL = "r3mes.node.v1"
"""WebSocket subprotocol of the node session."""

RESUME_SUBPROTOCOL = "r3mes.node.v1.resume"
"""Offered by a node beside NODE_SUBPROTOCOL and never chosen: the node can go on with its jobs after a lost socket."""

__version__ = "0.1.0"
"""Version of the whole project; the three programs are released together."""
