"""`r3mes-engine key`: the node's public key, for whoever signs its grant before the node ever ran."""

from __future__ import annotations

import argparse
import json
import sys

from r3mes_engine.errors import EngineExit
from r3mes_engine.node.key import load_or_create_node_key
from r3mes_protocol.exit_codes import ExitCode
from r3mes_protocol.session_signature import node_id_of


def run_key(options: argparse.Namespace) -> int:
    try:
        node_id = node_id_of(load_or_create_node_key(options.state_dir))
    except EngineExit as problem:
        print(f"{problem.message} {problem.hint}".strip(), file=sys.stderr)
        return problem.exit_code
    print(json.dumps({"node_id": node_id}) if options.json else node_id)
    return ExitCode.OK
