"""Writes the generated code next to `cosmos.proto`. For developers and CI: `python -m …messages_wire.generate`."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE_FOLDER = Path(__file__).resolve().parent
SOURCE_ROOT = PACKAGE_FOLDER.parents[2]
PROTO = PACKAGE_FOLDER.relative_to(SOURCE_ROOT) / "cosmos.proto"
GENERATED = ("cosmos_pb2.py", "cosmos_pb2.pyi")


def generate(output_root: Path) -> None:
    """Writes both files under `output_root`, in the package's folder. Raises ImportError without grpcio-tools."""
    import grpc_tools
    from grpc_tools import protoc

    well_known = Path(grpc_tools.__file__).parent / "_proto"
    code = protoc.main(
        [
            "protoc",
            f"-I{SOURCE_ROOT}",
            f"-I{well_known}",
            f"--python_out={output_root}",
            f"--pyi_out={output_root}",
            str(SOURCE_ROOT / PROTO),
        ]
    )
    if code != 0:
        raise RuntimeError(f"protoc ended with {code}")


if __name__ == "__main__":
    generate(SOURCE_ROOT)
    sys.exit(0)
