"""The Python version of a stage's functions: that of whoever deploys, as are the packages that they contain."""

from __future__ import annotations

from chalicelib.config import Settings
from infra import function_variables
from infra.aws_environment import Cloud, DeployError
from infra.bytecode import THIS


def check(cloud: Cloud, settings: Settings) -> None:
    """See to it that nobody changes the version of a stage without knowing.

    :raises DeployError: if this is not the version that the stage's settings name, or else the one that it has.
    """
    named, known = settings.python, function_variables.runtime(cloud, cloud.names.prefix)
    wanted = named or (known or THIS).removeprefix("python")
    if wanted == THIS:
        return
    reason = f"SHYLIGHT_PYTHON in .chalice/config.json is {named}" if named else f"its functions run on Python {wanted}"
    raise DeployError(
        f"This is Python {THIS}, and a stage gets the version and the packages of whoever deploys it. For the stage "
        f"{cloud.stage}, {reason}. Deploy from Python {wanted}: delete .venv, then make "
        f'PYTHON=/path/to/python{wanted} deploy …; or, to change the version, set "SHYLIGHT_PYTHON": "{THIS}" there, '
        "under environment_variables of the stage."
    )
