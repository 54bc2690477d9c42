"""The commands for AWS, behind `make deploy`, `make destroy`, `make geo`, `make link` and `make package`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from infra import deployed_resources, domain, geoip, project, terraform
from infra.aws_environment import AwsError, Cloud, DeployError, signed_in
from infra.deploy import Target, deploy, sign_in_link
from infra.destroy import destroy
from infra.project import ROOT


def main(arguments: list[str]) -> int:
    """Run one command; errors that a person can fix are printed without a traceback."""
    parser = argparse.ArgumentParser(prog="infra", description=__doc__)
    parser.add_argument("command", choices=["deploy", "destroy", "geo", "link", "package"])
    parser.add_argument("--stage", required=True)
    given = parser.parse_args(arguments)
    try:
        return {"deploy": _deploy, "destroy": _destroy, "geo": _geo, "link": _link, "package": _package}[given.command](
            given.stage
        )
    except DeployError as error:
        print(f"\n{error}", file=sys.stderr)
    except AwsError as error:
        print(f"\nAWS request failed: {error}", file=sys.stderr)
    return 1


def _deploy(stage: str) -> int:
    _check_python()
    alarms, sender = os.environ.get("ALARM_EMAIL"), os.environ.get("MAIL_SENDER")
    host = os.environ.get("DOMAIN")
    done = deploy(
        signed_in(stage),
        ROOT / ".local" / "deploy" / stage,
        os.environ.get("ADMIN_EMAIL") or None,
        TARGET,
        parameters={"AlarmEmail": alarms} if alarms else {},
        mail_sender=("" if sender == "none" else sender) if sender else None,
        own_domain=(host if host == domain.NONE else domain.checked(host)) if host else None,
        say=_say,
    )
    _say(f"counted after {done.counted_s:.0f} s\n\n  Shylight   {done.base_url}/")
    _say(f"  Hits       {done.ingest_url or done.base_url}/")
    if done.sign_in:
        _say(f"  Sign in    {done.sign_in}")
        _say(f"             (works once, within an hour; `make link STAGE={stage}` creates another)")
    if done.missing:
        raise DeployError(f"The stage is deployed, but its domain is not ready. {done.missing}")
    return 0


def _destroy(stage: str) -> int:
    kept = {"keep": True, "delete": False}.get(os.environ.get("DATA") or "")
    if kept is None:
        raise DeployError(f"Say what becomes of the data: make destroy STAGE={stage} DATA=keep, or DATA=delete")
    cloud = signed_in(stage)
    what = "everything but the data" if kept else "everything, with all data"
    _say(f"This deletes {what} of the stage {stage} in the account {cloud.account}, {cloud.region}.")
    confirmed = os.environ.get("CONFIRM") or input("Type the name of the stage to go on: ")
    if confirmed.strip() != stage:
        raise DeployError("Nothing was deleted.")
    destroy(cloud, data=not kept, say=_say)
    return 0


def _geo(stage: str) -> int:
    geoip.update(signed_in(stage), os.environ, _say)
    return 0


def _link(stage: str) -> int:
    email = os.environ.get("ADMIN_EMAIL")
    if not email:
        raise DeployError("ADMIN_EMAIL is not set: ADMIN_EMAIL=you@example.com make link …")
    _say(sign_in_link(signed_in(stage), email, TARGET))
    return 0


def _package(stage: str) -> int:
    _check_python()
    target = ROOT / ".local" / "package" / stage
    with tempfile.TemporaryDirectory(prefix="shylight-") as folder:
        terraform.write(stage, Path(folder), target, os.environ.get("AWS_DEFAULT_REGION") or "us-east-1")
    _say(f"Terraform and the functions' package: {target.relative_to(ROOT)}/")
    return 0


def _run_chalice(cloud: Cloud, folder: Path) -> None:
    project.leave_out_dependencies(folder)
    arguments = ["deploy", "--stage", cloud.stage]
    project.chalice(cloud, folder, arguments, project.CHALICE_BY_BUCKET, lambda line: _say(f"  {line}"))


def _check_python() -> None:
    """Functions run on the Python version they are deployed from, and DuckDB's wheel does not run on Lambda's 3.11."""
    if sys.version_info < (3, 12):
        raise DeployError(
            "Lambda's operating system for Python 3.11 is too old for DuckDB. Deploy from Python 3.13: delete .venv, "
            "then make PYTHON=/path/to/python3.13 deploy …"
        )


def _say(text: str) -> None:
    print(text, flush=True)


# How a stage on AWS is deployed and found.
TARGET = Target(_run_chalice, deployed_resources.url)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
