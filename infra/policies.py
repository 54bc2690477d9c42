"""The functions' IAM policies: one least-privilege source a function, rendered into one file a stage and function.

A policy names the tables, queues and buckets of its stage. Chalice reads policy files as they are, without variables,
so ``infra/policies/<function>.json`` with ``${stage}`` becomes ``.chalice/policy-<stage>-<function>.json``. These files
are in no commit: ``make setup`` and ``make build`` write them (``python -m infra.policies``). See docs/adr/0037.

The sources name the partition ``aws``, and the rendered ones that of the region: ``aws-cn`` in China, ``aws-us-gov`` in
GovCloud. Set-up knows no region; ``python -m infra.policies aws-cn`` writes the files for `chalice deploy` there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "infra" / "policies"
CHALICE = ROOT / ".chalice"
PARTITION = "aws"
FUNCTIONS = tuple(sorted(path.stem for path in SOURCES.glob("*.json")))


def stages() -> list[str]:
    """The stages that Chalice's configuration knows."""
    return sorted(json.loads((CHALICE / "config.json").read_text(encoding="utf-8"))["stages"])


def file_name(function: str, stage: str) -> str:
    """What the policy file of a function in a stage is called in ``.chalice``."""
    return f"policy-{stage}-{function}.json"


def render(function: str, stage: str, partition: str = PARTITION) -> str:
    """The policy of a function in a stage, as JSON text."""
    text = (SOURCES / f"{function}.json").read_text(encoding="utf-8").replace("${stage}", stage)
    text = text.replace(f'"arn:{PARTITION}:', f'"arn:{partition}:')
    return json.dumps(json.loads(text), indent=2) + "\n"


def write(folder: Path, stages: list[str], partition: str = PARTITION) -> None:
    """Write the policy files of `stages` into `folder`, and remove those of functions and stages that are gone."""
    files = {folder / file_name(name, stage): render(name, stage, partition) for stage in stages for name in FUNCTIONS}
    for path in set(folder.glob("policy-*.json")) - set(files):
        path.unlink()
    for path, text in files.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(CHALICE, stages(), *sys.argv[1:2])
