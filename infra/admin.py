"""`make admin`: runs one command of `infra.admin_commands` on a stage.

Exit codes: 0 if it succeeded, 1 if it failed (or `status` found something failing), 2 if it was called wrongly.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial

from infra import ingest
from infra.__main__ import TARGET
from infra.admin_commands import COMMANDS, Command, Deployment
from infra.aws_environment import AwsError, DeployError, signed_in
from infra.deploy import stage_url


def main(arguments: Sequence[str], find: Callable[[], Deployment]) -> int:
    """Run the command that `arguments` name; without any, list the commands.

    :param find: finds the deployment, once the arguments are known to be valid.
    """
    if not arguments:
        print(overview())
        return 0
    given = parser().parse_args(arguments)
    try:
        result = COMMANDS[given.command].run(find(), given)
    except DeployError as error:
        print(error, file=sys.stderr)
        return 1
    except AwsError as error:
        print(f"AWS refused a request: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result.value, indent=2, ensure_ascii=False) if given.json else result.text)
    return result.code


def overview() -> str:
    """The commands, one line each."""
    lines = ['make admin CMD="<command> …" STAGE=…', ""]
    lines += [f"  {usage(name):<52} {command.help}" for name, command in COMMANDS.items()]
    return "\n".join([*lines, "", "  --json prints the result as JSON; CMD='<command> --help' explains the arguments."])


def usage(name: str) -> str:
    """A command with those arguments that have to be given, such as ``issue-token EMAIL --name NAME``."""
    parts = [name]
    for argument, options in COMMANDS[name].arguments.items():
        if not argument.startswith("-"):
            parts.append(options["metavar"])
        elif options.get("required"):
            parts.append(f"{argument} {options['metavar']}")
    return " ".join(parts)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    made = argparse.ArgumentParser(prog="make admin", allow_abbrev=False)
    commands = made.add_subparsers(dest="command", required=True, metavar="command")
    for name, command in COMMANDS.items():
        one = commands.add_parser(name, help=command.help, description=command.help, allow_abbrev=False)
        _add_arguments(one, command)
    return made


def _add_arguments(to: argparse.ArgumentParser, command: Command) -> None:
    to.add_argument("--json", action="store_true", help="print the result as JSON")
    which = to.add_mutually_exclusive_group(required=True) if "--all" in command.arguments else to
    for argument, options in command.arguments.items():
        group = which if argument in ("--all", "--reason", "--id") else to
        group.add_argument(argument, **options)


def _deployed(stage: str) -> Deployment:
    cloud = signed_in(stage)
    return Deployment(cloud, partial(stage_url, cloud, TARGET), partial(ingest.url_in_use, cloud))


if __name__ == "__main__":
    stage, *rest = sys.argv[1:]
    sys.exit(main(rest, partial(_deployed, stage)))
