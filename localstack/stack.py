"""A local stack: an emulated AWS, Shylight's resources and code, and an administrator.

    stack = Stack(Path(".local"))
    print(stack.up().base_url)
    stack.down()

Every step is skipped if it is already done, so `up` on a running stack takes a second. Stacks with different home
folders can run at the same time.
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
from functools import partial
from pathlib import Path

from infra import cloudformation, geoip, ingest, people, policies, project
from infra.aws_environment import Cloud, DeployError, emulator
from infra.http_client import ask, is_healthy
from localstack import container, functions, mail, process

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".local"
STAGE = "local"
ADMIN_EMAIL = "admin@example.com"
KINDS = ("ministack", "localstack")
HEALTH_TIMEOUT_S = 90.0


@dataclass(frozen=True)
class Info:
    """A running stack.

    :ivar kind: ``ministack`` or ``localstack``.
    :ivar base_url: the root URL of the app.
    :ivar ingest_url: the root URL for hits: of the function `collect`, or `base_url` where there are no function URLs.
    :ivar aws_endpoint_url: the endpoint of the emulator.
    :ivar api_token: an API token of the administrator.
    :ivar code: a hash of the deployed code.
    """

    kind: str
    stage: str
    region: str
    base_url: str
    ingest_url: str
    aws_endpoint_url: str
    admin_email: str
    admin_password: str
    api_token: str
    code: str

    @property
    def cloud(self) -> Cloud:
        """The emulated AWS."""
        return emulator(self.aws_endpoint_url, self.stage)


class Stack:
    """A local stack that keeps all its files in `home`.

    :param home: by default, a folder of the working copy, separate for each kind.
    :param kind: the emulator; by default, the one that STACK names.
    :param say: called with each line of progress.
    """

    def __init__(self, home: Path | None = None, kind: str | None = None, say: Callable[[str], None] = print) -> None:
        self.kind = kind or os.environ.get("STACK") or "ministack"
        if self.kind not in KINDS:
            raise DeployError(f"STACK={self.kind} is unknown; use {' or '.join(KINDS)}.")
        self.home = home or (HOME if self.kind == "ministack" else HOME / self.kind)
        self.project = self.home / "project"
        self._say = say
        self._started = time.monotonic()

    # ── commands ──

    def up(self) -> Info:
        """Start the stack, or what is missing of it; when this returns, the app has answered."""
        self._started = time.monotonic()
        self.home.mkdir(parents=True, exist_ok=True)
        before = self.info()
        cloud = emulator(self._start_aws())
        self._progress("resources (CloudFormation)")
        if cloudformation.apply(cloud):
            self._progress("resources are ready")
        if geoip.upload(cloud):
            self._progress("GeoIP databases uploaded")
        return self._deploy(cloud, before)

    def redeploy(self) -> Info:
        """Deploy the current code to the running stack."""
        self._started = time.monotonic()
        before = self.info()
        if before is None or not self.is_running():
            raise DeployError("No stack is running. Start it with `make up`.")
        return self._deploy(before.cloud, before)

    def down(self) -> bool:
        """Stop the stack and keep its data; gives whether it was running."""
        if self.kind == "localstack":
            return container.stop(self.home)
        found = process.load(self.home)
        if found is None or not found.is_ours():
            return False
        process.stop(found)
        return True

    def clean(self) -> None:
        """Stop the stack and delete its data."""
        self.down()
        for name in ("ministack", "project"):
            shutil.rmtree(self.home / name, ignore_errors=True)
        for name in ("process.json", "localstack.json", "stack.json"):
            (self.home / name).unlink(missing_ok=True)

    def is_running(self) -> bool:
        """Whether the stack's own emulator answers."""
        if self.kind == "localstack":
            return container.is_running(self.home)
        found = process.load(self.home)
        return found is not None and found.is_ours()

    def info(self) -> Info | None:
        """The saved data of the stack; None before the first `up`."""
        try:
            saved = json.loads((self.home / "stack.json").read_text(encoding="utf-8"))
            saved.setdefault("ingest_url", saved["base_url"])  # written by an earlier version
            return Info(**{field.name: saved[field.name] for field in fields(Info)})
        except (OSError, ValueError, KeyError):
            return None

    # ── steps ──

    def _start_aws(self) -> str:
        if self.kind == "localstack":
            self._progress("LocalStack")
            return container.start(self.home)
        found = process.load(self.home)
        if found is None or not found.is_ours():
            found = process.start(self.home, found.port if found else None)
            process.save(found, self.home)
            self._progress(f"ministack started on {found.url}")
        return found.url

    def _deploy(self, cloud: Cloud, before: Info | None) -> Info:
        code = self._fingerprint(cloud)
        base_url = self._base_url(cloud)
        ingest_url = before.ingest_url if before else None
        if before is None or before.code != code or base_url is None or not is_healthy(base_url):
            self._run_chalice(cloud, base_url)
            deployed = self._base_url(cloud)
            if deployed is None:
                raise DeployError("Chalice created no REST API; see its state file.")
            if deployed != base_url:  # the API's id is known only now, and the functions need their own URL
                base_url = deployed
                self._set_public_url(cloud, base_url)
            ingest_url = self._deploy_ingest(cloud)
        self._progress("waiting for the first answer")
        if not is_healthy(base_url, HEALTH_TIMEOUT_S):
            answer = ask(f"{base_url}/healthz")
            raise DeployError(f"{base_url}/healthz fails: {answer.status} {answer.text[:2000]}")
        info = self._administrator(cloud, base_url, ingest_url or base_url, code, before)
        self._save(info)
        self._progress("ready")
        return info

    def _deploy_ingest(self, cloud: Cloud) -> str | None:
        self._progress("URL for hits")
        url = ingest.apply(cloud, self._locate_ingest, self._progress)
        if url is not None:
            ingest.tell_function(cloud, cloud.names.prefix, url)
        return url

    @property
    def _locate_ingest(self) -> ingest.Locate:
        return partial(functions.locate_ingest, kind=self.kind)

    def _run_chalice(self, cloud: Cloud, base_url: str | None) -> None:
        environment = {
            "AWS_ENDPOINT_URL": cloud.endpoint_url or "",
            **({"SHYLIGHT_PUBLIC_URL": base_url} if base_url else {}),
            **ingest.environment(cloud, self._locate_ingest),
            # The demo sends its history as fast as it can, and tests ask one person's questions all the time.
            "SHYLIGHT_API_REQUESTS": "1000000",
            # ministack waits for 50 ms if a function writes nothing.
            "SHYLIGHT_LOG_HITS": "1",
            # LocalStack ignores that */* is binary and would send browsers the compressed script in base64.
            **({"SHYLIGHT_PLAIN_SCRIPT": "1"} if self.kind == "localstack" else {}),
        }
        project.copy_to(self.project, STAGE, environment)
        self._progress("chalice deploy")
        functions.deploy(cloud, self.project, self.kind)

    def _base_url(self, cloud: Cloud) -> str | None:
        api = functions.rest_api(self.project, STAGE)
        return None if api is None else functions.locate(cloud, api, self.kind)

    def _set_public_url(self, cloud: Cloud, base_url: str) -> None:
        client = cloud.client("lambda")
        for resource in project.deployed(self.project, STAGE).values():
            if resource["resource_type"] == "lambda_function":
                name = resource["lambda_arn"]
                known = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
                client.update_function_configuration(
                    FunctionName=name, Environment={"Variables": known | {"SHYLIGHT_PUBLIC_URL": base_url}}
                )

    def _administrator(self, cloud: Cloud, base_url: str, ingest_url: str, code: str, before: Info | None) -> Info:
        if before is not None and ask(f"{base_url}/api/v1/sites", token=before.api_token).status == 200:
            password, token = before.admin_password, before.api_token
        else:
            password = secrets.token_urlsafe(12)
            people.create_administrator(cloud, ADMIN_EMAIL, password)
            if self.kind == "ministack":  # LocalStack has the first version of SES only
                mail.set_up(cloud)
            token = people.issue_token(cloud, ADMIN_EMAIL, "local stack")
        return Info(
            kind=self.kind,
            stage=STAGE,
            region=cloud.region,
            base_url=base_url,
            ingest_url=ingest_url,
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
        sources += [cloudformation.INGEST_TEMPLATE]
        for path in sorted(sources):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
        for function in policies.FUNCTIONS:
            digest.update(policies.render(function, STAGE).encode())
        return digest.hexdigest()

    def _save(self, info: Info) -> None:
        path = self.home / "stack.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(info), indent=2) + "\n", encoding="utf-8")

    def _progress(self, text: str) -> None:
        self._say(f"[{time.monotonic() - self._started:5.1f} s] {text}")
