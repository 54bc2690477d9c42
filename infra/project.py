"""The program as Chalice packages it: a copy of exactly its files, with the configuration of one stage.

Chalice puts every file below chalicelib into the package, compiled leftovers too; the copy holds the sources alone,
so the same code gives the same package.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra import policies
from infra.aws_environment import Cloud, DeployError

ROOT = Path(__file__).resolve().parent.parent
DEPLOY_S = 900
# Parts of the program that are in no commit: `make build` makes them of packages.
BUILT = ("chalicelib/enrich/data/robots.json",)
STOCK = "chalice.cli"


def copy_to(target: Path, stage: str, environment: Mapping[str, str]) -> None:
    """Put the program into `target`, with `environment` added to the stage's variables.

    What Chalice keeps there (``.chalice/deployed``, ``.chalice/deployments``) and ``vendor`` stay.

    :raises DeployError: if a part of the program has not been built.
    """
    missing = [name for name in BUILT if not (ROOT / name).is_file()]
    if missing:
        raise DeployError(f"{', '.join(missing)} is missing; `make build` makes it.")
    (target / ".chalice").mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target / "chalicelib", ignore_errors=True)
    shutil.copytree(
        ROOT / "chalicelib", target / "chalicelib", ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
    )
    for name in ("app.py", "requirements.txt"):
        shutil.copyfile(ROOT / name, target / name)
    config = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    if stage not in config["stages"]:
        raise DeployError(f"There is no stage {stage!r} in .chalice/config.json; it has {', '.join(config['stages'])}.")
    config["stages"][stage].setdefault("environment_variables", {}).update(environment)
    (target / ".chalice" / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    policies.write(target / ".chalice", [stage])


def chalice(cloud: Cloud, project: Path, arguments: Sequence[str], module: str = STOCK) -> str:
    """Run a chalice command on `project`; gives what it printed.

    :param module: what stands in for the stock command.
    :raises DeployError: with the end of its output, if it fails.
    """
    command = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())", *arguments]
    if module != STOCK:
        command = [sys.executable, "-m", module, *arguments]
    environ = cloud.environ() | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=project, env=environ, capture_output=True, text=True, timeout=DEPLOY_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DeployError(f"chalice {arguments[0]} did not end within {DEPLOY_S} s.") from error
    told = done.stdout + done.stderr
    if done.returncode:
        raise DeployError(f"chalice {' '.join(arguments)} failed:\n{_tail(told)}")
    if "Could not install dependencies" in told:  # Chalice goes on without them; the functions would not start
        raise DeployError(
            f"Chalice could not package all of requirements.txt under Python {sys.version_info.major}."
            f"{sys.version_info.minor}:\n{_tail(told)}\nDeploy from Python 3.13: make PYTHON=python3.13 deploy"
        )
    return told


def deployed(project: Path, stage: str) -> dict[str, dict[str, Any]]:
    """What Chalice noted of its last deploy: its resources by name; empty if there was none."""
    try:
        noted = json.loads((project / ".chalice" / "deployed" / f"{stage}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {resource["name"]: resource for resource in noted.get("resources", [])}


def _tail(text: str, lines: int = 25) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
