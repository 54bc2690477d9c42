"""A local Shylight from nothing to an answer: the AWS it runs on, its resources, its code, its first person.

    stack = Stack(Path(".local"))
    print(stack.up().base_url)
    stack.down()

Every step looks first whether it is done already, so `up` on a stack that is up costs a second. Stacks with
different homes live side by side.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from infra import cloudformation, geoip, people, policies, project
from infra.aws_environment import Cloud, DeployError, emulator
from infra.http_client import ask, is_healthy
from localstack import container, functions, process

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".local"
STAGE = "local"
ADMIN_EMAIL = "admin@example.com"
KINDS = ("ministack", "localstack")
HEALTH_TIMEOUT_S = 90.0


@dataclass(frozen=True)
class Info:
    """A stack that is up.

    :ivar kind: ``ministack`` or ``localstack``.
    :ivar base_url: the root of the app.
    :ivar aws_endpoint_url: the endpoint of its AWS.
    :ivar api_token: a Bearer token of the administrator.
    :ivar code: a hash of what was deployed.
    """

    kind: str
    stage: str
    region: str
    base_url: str
    aws_endpoint_url: str
    admin_email: str
    admin_password: str
    api_token: str
    code: str

    @property
    def cloud(self) -> Cloud:
        """Its AWS."""
        return emulator(self.aws_endpoint_url, self.stage)


class Stack:
    """A local stack with everything it keeps below `home`.

    :param home: where everything is kept; by default a folder of the working copy, one for each kind.
    :param kind: which emulator; the one named by STACK by default.
    :param say: where progress goes, a line at a time.
    """

    def __init__(self, home: Path | None = None, kind: str | None = None, say: Callable[[str], None] = print) -> None:
        self.kind = kind or os.environ.get("STACK") or "ministack"
        if self.kind not in KINDS:
            raise DeployError(f"STACK={self.kind} is not known; it may be {' or '.join(KINDS)}.")
        self.home = home or (HOME if self.kind == "ministack" else HOME / self.kind)
        self.project = self.home / "project"
        self._say = say
        self._begun = time.monotonic()

    # ── commands ──

    def up(self) -> Info:
        """Bring it up, whatever is there already; the app has answered when this returns."""
        self._begun = time.monotonic()
        self.home.mkdir(parents=True, exist_ok=True)
        before = self.info()
        cloud = emulator(self._start_aws())
        self._tell("resources (CloudFormation)")
        if cloudformation.apply(cloud):
            self._tell("resources are in place")
        if geoip.upload(cloud):
            self._tell("GeoIP databases uploaded")
        return self._deploy(cloud, before)

    def redeploy(self) -> Info:
        """Deploy the code as it is now on the stack that is up."""
        self._begun = time.monotonic()
        before = self.info()
        if before is None or not self.is_running():
            raise DeployError("No stack is up to deploy on. Start it: make up")
        return self._deploy(before.cloud, before)

    def down(self) -> bool:
        """Stop it and keep its state; gives whether it ran."""
        if self.kind == "localstack":
            return container.stop(self.home)
        found = process.load(self.home)
        if found is None or not found.is_ours():
            return False
        process.stop(found)
        return True

    def clean(self) -> None:
        """Stop it and forget its state."""
        self.down()
        for name in ("ministack", "project"):
            shutil.rmtree(self.home / name, ignore_errors=True)
        for name in ("process.json", "localstack.json", "stack.json"):
            (self.home / name).unlink(missing_ok=True)

    def is_running(self) -> bool:
        """Whether its AWS answers, and is ours."""
        if self.kind == "localstack":
            return container.is_running(self.home)
        found = process.load(self.home)
        return found is not None and found.is_ours()

    def info(self) -> Info | None:
        """What is noted of it; None before the first `up`."""
        try:
            noted = json.loads((self.home / "stack.json").read_text(encoding="utf-8"))
            return Info(**{field.name: noted[field.name] for field in fields(Info)})
        except (OSError, ValueError, KeyError):
            return None

    # ── steps ──

    def _start_aws(self) -> str:
        if self.kind == "localstack":
            self._tell("LocalStack")
            return container.start(self.home)
        found = process.load(self.home)
        if found is None or not found.is_ours():
            found = process.start(self.home, found.port if found else None)
            process.save(found, self.home)
            self._tell(f"ministack started on {found.url}")
        return found.url

    def _deploy(self, cloud: Cloud, before: Info | None) -> Info:
        code = self._fingerprint(cloud)
        base_url = self._base_url(cloud)
        if before is None or before.code != code or base_url is None or not is_healthy(base_url):
            self._run_chalice(cloud, base_url)
            deployed = self._base_url(cloud)
            if deployed is None:
                raise DeployError("Chalice noted no REST API; see what it said in its state file.")
            if deployed != base_url:  # the API's id is known only now, and the functions need their address
                base_url = deployed
                self._tell_public_url(cloud, base_url)
        self._tell("waiting for the first answer")
        if not is_healthy(base_url, HEALTH_TIMEOUT_S):
            answer = ask(f"{base_url}/healthz")
            raise DeployError(f"{base_url}/healthz fails: {answer.status} {answer.text[:2000]}")
        info = self._first_person(cloud, base_url, code, before)
        self._note(info)
        self._tell("ready")
        return info

    def _run_chalice(self, cloud: Cloud, base_url: str | None) -> None:
        environment = {
            "AWS_ENDPOINT_URL": cloud.endpoint_url or "",
            **({"SHYLIGHT_PUBLIC_URL": base_url} if base_url else {}),
            # LocalStack overlooks that */* is binary, and would hand browsers a compressed script in base64.
            **({"SHYLIGHT_PLAIN_SCRIPT": "1"} if self.kind == "localstack" else {}),
        }
        project.copy_to(self.project, STAGE, environment)
        self._tell("chalice deploy")
        functions.deploy(cloud, self.project, self.kind)

    def _base_url(self, cloud: Cloud) -> str | None:
        api = functions.rest_api(self.project, STAGE)
        return None if api is None else functions.locate(cloud, api, self.kind)

    def _tell_public_url(self, cloud: Cloud, base_url: str) -> None:
        client = cloud.client("lambda")
        for resource in project.deployed(self.project, STAGE).values():
            if resource["resource_type"] == "lambda_function":
                name = resource["lambda_arn"]
                known = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
                client.update_function_configuration(
                    FunctionName=name, Environment={"Variables": known | {"SHYLIGHT_PUBLIC_URL": base_url}}
                )

    def _first_person(self, cloud: Cloud, base_url: str, code: str, before: Info | None) -> Info:
        if before is not None and ask(f"{base_url}/api/v1/sites", token=before.api_token).status == 200:
            password, token = before.admin_password, before.api_token
        else:
            password = secrets.token_urlsafe(12)
            people.create_administrator(cloud, ADMIN_EMAIL, password)
            token = people.issue_token(cloud, ADMIN_EMAIL, "local stack")
        return Info(
            kind=self.kind,
            stage=STAGE,
            region=cloud.region,
            base_url=base_url,
            aws_endpoint_url=cloud.endpoint_url or "",
            admin_email=ADMIN_EMAIL,
            admin_password=password,
            api_token=token,
            code=code,
        )

    def _fingerprint(self, cloud: Cloud) -> str:
        digest = hashlib.sha256(f"{sys.version}{cloud.endpoint_url}".encode())
        sources = [
            path for path in (ROOT / "chalicelib").rglob("*") if path.is_file() and "__pycache__" not in path.parts
        ]
        sources += [ROOT / "app.py", ROOT / "requirements.txt", ROOT / ".chalice" / "config.json"]
        for path in sorted(sources):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
        for function in policies.FUNCTIONS:
            digest.update(policies.render(function, STAGE).encode())
        return digest.hexdigest()

    def _note(self, info: Info) -> None:
        path = self.home / "stack.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(info), indent=2) + "\n", encoding="utf-8")

    def _tell(self, text: str) -> None:
        self._say(f"[{time.monotonic() - self._begun:5.1f} s] {text}")
