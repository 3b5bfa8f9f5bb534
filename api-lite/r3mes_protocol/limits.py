"""Bounds of everything that crosses a wire. A peer that goes past one is refused, never buffered."""

MAX_UNREGISTERED_BYTES = 16 * 1024
"""What a socket may send in all before it is registered: one `register` with a grant is about 2 KiB."""

MAX_CONTROL_BYTES = 64 * 1024
"""One JSON control frame from a node: a heartbeat with hundreds of adapters fits."""

MAX_JOB_BYTES = 2 * 1024 * 1024
"""One `job` frame from the gateway: a long conversation fits, an upload does not."""

MAX_FRAME_BYTES = 64 * 1024
"""One binary frame, header included. Larger ones would hold pings for seconds on a home uplink."""

MAX_BODY_BYTES = 1024 * 1024
"""One HTTP request body to the gateway."""

MAX_CONTROL_LINE_BYTES = 256 * 1024
"""One line of the control channel between launcher and engine."""

MAX_SSE_EVENT_BYTES = 256 * 1024
"""One server-sent event that a client is ready to hold."""

INITIAL_WINDOW_BYTES = 128 * 1024
"""Credit of a new job: about 500 tokens as SSE chunks, so a paced answer never waits for credit."""

MAX_RESUMED_JOBS = 100
"""Jobs that one registration can go on with: 7 KiB of the 16 that an unregistered socket may send."""

MAX_ADAPTERS = 512
"""Adapters in one message. A node with more says the rest in further ones."""

MAX_ADAPTERS_PER_NODE = 2048
"""Adapters that a node offers in all, where its gateway says nothing else."""

MAX_MODELS = 64
MAX_NAME_CHARS = 128
MAX_SENTENCE_CHARS = 1000
"""Longest human sentence in a message or an error."""
