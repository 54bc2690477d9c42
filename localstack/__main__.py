"""The commands of the local stack: `make up`, `down`, `redeploy`, `clean`, `status`, `demo`, `geo` and `mail`."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

from infra import geoip
from infra.aws_environment import DeployError
from infra.mail import sender_state
from localstack import mail
from localstack.stack import ROOT, Info, Stack

DEMO_DAYS = 60


def main(arguments: list[str]) -> int:
    """Run one command; errors that a person can fix are printed without a traceback."""
    parser = argparse.ArgumentParser(prog="localstack", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "redeploy", "clean", "status", "demo", "geo", "mail"])
    command = parser.parse_args(arguments).command
    try:
        return _run(command, Stack(say=_say))
    except DeployError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(command: str, stack: Stack) -> int:
    if command == "up":
        _print_info(stack.up())
    elif command == "redeploy":
        _say(f"deployed: {stack.redeploy().base_url}/")
    elif command == "down":
        _say("stopped; the data is kept" if stack.down() else "nothing was running")
    elif command == "clean":
        stack.clean()
        _say("stopped; the data is deleted")
    elif command in {"status", "geo", "mail"}:
        info = stack.info()
        if info is None or not stack.is_running():
            _say("nothing is running; `make up` starts it")
            return 1
        if command == "geo":
            geoip.update(info.cloud, os.environ, _say)
        elif command == "mail":
            mail.show(info.cloud, _say)
        else:
            _print_info(info)
    else:
        return _demo(stack)
    return 0


def _demo(stack: Stack) -> int:
    was_running = stack.is_running()
    info = stack.up()
    detach = os.environ.get("DETACH") == "1"
    demo_command = [
        sys.executable,
        "-m",
        "demo.run",
        "--stack",
        str(stack.home / "stack.json"),
        "--days",
        str(DEMO_DAYS),
    ]
    signal.signal(signal.SIGTERM, _interrupt)
    live: subprocess.Popen[bytes] | None = None
    _announce(info)
    try:
        if subprocess.run(demo_command, cwd=ROOT, check=False).returncode:
            return 1
        _print_info(info)
        if detach:
            _say("The stack keeps running; `make down` stops it.")
            return 0
        _say("The demo keeps sending visitors. Ctrl-C stops everything; the data is kept.")
        live = subprocess.Popen([*demo_command[:-1], "0", "--live"], cwd=ROOT, start_new_session=True)
        return live.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        if live is not None and live.poll() is None:
            live.terminate()
            live.wait(30)
        if not detach and not was_running:
            stack.down()
            _say("stopped; the data is kept")


def _announce(info: Info) -> None:
    """Say how to watch the demo's days arrive."""
    _say(f"Shylight runs at {info.base_url}/ (sign in as {info.admin_email} with {info.admin_password}).")
    _say(f"{DEMO_DAYS} days of visitors follow, which takes some minutes.")


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _print_info(info: Info) -> None:
    _say("")
    _say(f"  Shylight      {info.base_url}/")
    _say(f"  Hits          {info.ingest_url}/")
    _say(f"  Sign in as    {info.admin_email}  with  {info.admin_password}")
    _say(f"  API token     {info.api_token}")
    if info.kind == "ministack":
        _say(f"  Mail          {sender_state(info.cloud)}  (`make mail` prints what was sent)")
    _say(f"  Local AWS     {info.aws_endpoint_url}  ({info.kind})")
    databases = geoip.installed(info.cloud) or ["none, so locations are unknown"]
    for number, line in enumerate([*databases, "(`make geo STAGE=local SOURCE=dbip` adds cities)"]):
        _say(f"  {'' if number else 'GeoIP':<13} {line}")
    _say("")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
