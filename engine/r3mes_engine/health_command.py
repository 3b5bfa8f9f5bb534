"""`r3mes-engine health`: asks the engine of a state folder whether it answers. For containers and service managers.

Standard library only: it runs every half minute and has to be cheap.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
from typing import Any

from r3mes_engine.serving.loopback_files import read_port
from r3mes_protocol.exit_codes import ExitCode

MAX_ANSWER_BYTES = 64 * 1024


def run_health(options: argparse.Namespace) -> int:
    """0 while the engine answers or drains, else 70."""
    healthy, sentence, told = health(options)
    if options.json:
        print(json.dumps({"healthy": healthy, "message": sentence, **({"health": told} if told else {})}))
    else:
        print(sentence, file=sys.stdout if healthy else sys.stderr)
    return ExitCode.OK if healthy else ExitCode.INTERNAL


def health(options: argparse.Namespace) -> tuple[bool, str, dict[str, Any] | None]:
    port = read_port(options.state_dir)
    if port is None:
        return False, f"No engine answers for {options.state_dir}: it is not running, or still loading.", None
    # The bearer token stays where it is: /health needs none, and after a crash the port may be another program's.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=options.timeout)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        told = json.loads(response.read(MAX_ANSWER_BYTES))
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        return False, f"The engine of {options.state_dir} does not answer on port {port}: {reason}.", None
    finally:
        connection.close()
    if not isinstance(told, dict) or not isinstance(told.get("status"), str) or "max_concurrency" not in told:
        return False, f"What answers on port {port} is not the engine of {options.state_dir}.", None
    if response.status != 200:
        return False, f"The engine is {told['status']}. {told.get('problem', '')}".strip(), told
    return True, f"The engine is {told['status']}: {told.get('active')} of {told['max_concurrency']} answers run.", told
