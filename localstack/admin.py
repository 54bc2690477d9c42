"""`make admin STAGE=local`: runs one command of `infra.admin_commands` on the running local stack."""

from __future__ import annotations

import sys

from infra import admin
from infra.admin_commands import Deployment
from infra.aws_environment import DeployError
from localstack.stack import Stack


def _running() -> Deployment:
    stack = Stack()
    info = stack.info()
    if info is None or not stack.is_running():
        raise DeployError("No local stack is running. Start it with `make up`.")
    return Deployment(info.cloud, lambda: info.base_url, lambda: info.ingest_url)


if __name__ == "__main__":
    sys.exit(admin.main(sys.argv[1:], _running))
