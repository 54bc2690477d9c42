"""The project that Chalice packages: a copy of the program's files, with the configuration of one stage.

Chalice packages every file below chalicelib, compiled files included. The copy contains only sources, so the same code
gives the same package.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.config import Settings, read_settings
from chalicelib.dashboard.render import COMPILED
from chalicelib.dashboard.render import environment as templates
from chalicelib.translation import LANGUAGES, SOURCE_LANGUAGE
from infra import policies
from infra.aws_environment import Cloud, DeployError

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 900
# Files that are not committed: `make build` generates them from packages, and from translations/.
BUILT = (
    "chalicelib/enrich/data/robots.json",
    *(f"chalicelib/locales/{tag}.{kind}" for tag in LANGUAGES if tag != SOURCE_LANGUAGE for kind in ("mo", "json")),
    *(f"chalicelib/dashboard/built/{name}.svg" for name in ("flags", "map", "marks")),
)
STANDARD_CHALICE = "chalice.cli"
# Deploys with a package in the stage's bucket.
CHALICE_BY_BUCKET = "infra.chalice_deploy"


def copy_to(target: Path, stage: str, environment: Mapping[str, str], partition: str = policies.PARTITION) -> None:
    """Copy the program to `target`, with `environment` added to the stage's variables.

    Chalice's own files there (``.chalice/deployed``, ``.chalice/deployments``) are kept.

    :param partition: the part of AWS in the ARNs of policies.

    :raises DeployError: if a generated file is missing, or the stage is not configured.
    """
    missing = [name for name in BUILT if not (ROOT / name).is_file()]
    if missing:
        raise DeployError(f"{', '.join(missing)} is missing; run `make build`.")
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
    policies.write(target / ".chalice", [stage], partition)
    _compile_templates(target)


def _compile_templates(target: Path) -> None:
    """Add the templates of pages as Python, so that no function has to compile them."""
    templates().compile_templates(target / COMPILED.relative_to(ROOT), zip=None)


def architecture(stage: str) -> str:
    """The processors of a stage's functions: ``arm64`` or ``x86_64``, as .chalice/config.json says."""
    config = _configuration()
    found: str = config["stages"].get(stage, {}).get("lambda_architecture") or config["lambda_architecture"]
    return found


def leave_out_dependencies(folder: Path) -> None:
    """Have Chalice package the program alone; the dependencies are built by infra/dependencies.py."""
    (folder / "requirements.txt").write_text("", encoding="utf-8")
    (folder / "vendor").unlink(missing_ok=True)  # a link that earlier versions made


def environment(stage: str) -> dict[str, str]:
    """The environment variables of a stage in .chalice/config.json."""
    variables: dict[str, str] = _configuration()["stages"].get(stage, {}).get("environment_variables", {})
    return variables


def _configuration() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    return found


def settings(stage: str) -> Settings:
    """The settings of a stage in .chalice/config.json.

    :raises DeployError: if one is invalid.
    """
    try:
        return read_settings(environment(stage))
    except ValueError as error:
        raise DeployError(f"A setting of the stage {stage} in .chalice/config.json is invalid: {error}.") from error


def chalice(
    cloud: Cloud,
    project: Path,
    arguments: Sequence[str],
    module: str = STANDARD_CHALICE,
    say: Callable[[str], None] = lambda _line: None,
) -> str:
    """Run a chalice command on `project`; gives its output.

    :param module: the module to run instead of the standard command.
    :param say: called with each line of its output when it is written, without those of its errors.
    :raises DeployError: if it fails, with the end of its output.
    """
    command = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())", *arguments]
    if module != STANDARD_CHALICE:
        command = [sys.executable, "-m", module, *arguments]
    environ = cloud.environ() | {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",  # so that lines come when they are written
    }
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, cwd=project, env=environ, stdout=subprocess.PIPE, stderr=errors, text=True)
        lines, stopped = _follow(process, say)
        errors.seek(0)
        output = "".join(lines) + errors.read()
    if stopped:
        again = " Run it again: it goes on where it ended." if "deploy" in arguments else ""
        raise DeployError(f"chalice {' '.join(arguments)} did not end within {TIMEOUT_S} s.{again}")
    if process.returncode:
        raise DeployError(f"chalice {' '.join(arguments)} failed:\n{_tail(output)}")
    return output


def _follow(process: subprocess.Popen[str], say: Callable[[str], None]) -> tuple[list[str], bool]:
    """Wait for the end of a process; gives the lines of its output, and whether it took too long and was stopped."""
    expired = threading.Event()

    def stop() -> None:
        expired.set()
        process.kill()

    timer = threading.Timer(TIMEOUT_S, stop)
    lines = []
    with process:
        try:
            timer.start()
            for line in process.stdout or ():
                lines.append(line)
                say(line.rstrip("\n"))
            process.wait()
        except BaseException:  # such as Ctrl-C
            process.kill()
            raise
        finally:
            timer.cancel()
    return lines, expired.is_set() and process.returncode != 0


def deployed(project: Path, stage: str) -> dict[str, dict[str, Any]]:
    """The resources of Chalice's last deployment, by name; empty if there was none."""
    try:
        state = json.loads((project / ".chalice" / "deployed" / f"{stage}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {resource["name"]: resource for resource in state.get("resources", [])}


def _tail(text: str, lines: int = 25) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
