"""The functions' IAM policies: one least-privilege source a function, built into one file a stage and function.

Chalice reads policy files without variables, so ``infra/policies/<function>.json`` with ``${stage}`` becomes
``.chalice/policy-<stage>-<function>.json``. ``python -m infra.policies`` writes them, ``--check`` compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "infra" / "policies"
CHALICE = ROOT / ".chalice"
FUNCTIONS = ("api_handler", "worker", "aggregate", "expire_salts", "update_geoip")


def stages() -> list[str]:
    """The stages that Chalice's configuration knows."""
    return sorted(json.loads((CHALICE / "config.json").read_text())["stages"])


def render(function: str, stage: str) -> str:
    """The policy of a function in a stage, as JSON text."""
    text = (SOURCES / f"{function}.json").read_text(encoding="utf-8").replace("${stage}", stage)
    return json.dumps(json.loads(text), indent=2) + "\n"


def files() -> dict[Path, str]:
    """Every built file and what it should hold."""
    return {CHALICE / f"policy-{stage}-{name}.json": render(name, stage) for stage in stages() for name in FUNCTIONS}


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` tell which are out of date."""
    stale = [path for path, text in files().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what its source says; run `make build`")
        return 1 if stale else 0
    for path in stale:
        path.write_text(files()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
