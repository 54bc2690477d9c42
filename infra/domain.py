"""The domain of a stage: certificate, API Gateway domain name, and the public URL in snippets and mails.

Each step can take until somebody has set a DNS record, so each waits for a bounded time, and the next run goes on. The
functions learn the domain (SHYLIGHT_PUBLIC_URL) once the deployment answers there. See docs/adr/0063.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final

from chalicelib import public_url
from infra import certificate, cloudformation, function_variables
from infra.aws_environment import Cloud, DeployError
from infra.http_client import ask

VARIABLE: Final = "SHYLIGHT_PUBLIC_URL"
# The value of DOMAIN= that removes the domain.
NONE: Final = "none"
# How long to wait for a DNS record that may have been set already.
WAIT_S = 120.0
# How long a person has to set it before it is looked up for the first time.
HEAD_START_S = 60.0
POLL_S = 2.0
_HOST: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
Say = Callable[[str], None]
Answers = Callable[[str], bool]


def answers(domain: str, deployment: str) -> bool:
    """Whether a deployment answers at the domain, and not another one, or a server that takes any path of any name.

    :param deployment: its id, see :func:`chalicelib.public_url.deployment`.
    """
    answer = ask(f"https://{domain}/healthz", timeout_s=10.0)
    try:
        told = answer.json()
    except ValueError:
        return False
    return answer.status == HTTPStatus.OK and isinstance(told, dict) and told.get("deployment") == deployment


def checked(given: str) -> str:
    """The host name that was given, in lower case.

    :raises DeployError: if it is none.
    """
    name = given.strip().lower().rstrip(".")
    if not _HOST.fullmatch(name):
        raise DeployError(
            f"DOMAIN={given} is no host name. Give one such as stats.example.com, without https:// and without a path; "
            "names in other scripts in their form xn--…"
        )
    return name


def apply(cloud: Cloud, api: str, wanted: str | None, say: Say, answered: Answers | None = None) -> None:
    """Give the stage its domain, or see to it that the one that it has leads to its API.

    :param api: the id of the REST API; :param wanted: a host name; `NONE` to remove it; None to keep what there is.
    :param answered: whether the deployment answers at a domain; by default, :func:`answers` of its API.
    :raises DeployError: if it waited in vain for a DNS record, with what to do. The next run goes on.
    """
    answered = answered or partial(answers, deployment=public_url.deployment(api, cloud.stage))
    if wanted == NONE:
        _forget_url(cloud)
        remove(cloud, say)
        return
    if wanted is None:
        if known := of_stage(cloud):
            say(f"domain: {known}")
            cloudformation.apply(cloud, {"RestApiId": api}, cloudformation.DOMAIN)
            if answered(known):
                _tell_url(cloud, known)
        return
    say(f"domain: {wanted}")
    issued = certificate.obtain(cloud, wanted, say)
    parameters = {"Domain": wanted, "CertificateArn": issued, "RestApiId": api}
    is_new = wanted != of_stage(cloud)
    cloudformation.apply(cloud, parameters, cloudformation.DOMAIN)
    if url_in_use(cloud) not in {None, f"https://{wanted}"}:
        _forget_url(cloud)  # the former domain leads nowhere now
    _wait_for_answer(cloud, wanted, say, answered, is_new=is_new)
    _tell_url(cloud, wanted)
    cloudformation.settle(cloud, cloudformation.DOMAIN)  # until the former domain name is deleted, if there was one
    certificate.delete_unused(cloud, wanted, say)


def remove(cloud: Cloud, say: Say) -> None:
    """Remove the domain name and the certificates that were requested for it; nothing if there are none."""
    cloudformation.delete(cloud, cloudformation.DOMAIN)
    certificate.delete_unused(cloud, None, say)


def of_stage(cloud: Cloud) -> str | None:
    """The domain that leads to the stage; None without one."""
    return cloudformation.outputs(cloud, cloudformation.DOMAIN).get("Domain")


def url_in_use(cloud: Cloud) -> str | None:
    """The public URL that the functions were given; None if they take it from the requests."""
    return function_variables.in_use(cloud, VARIABLE)


def environment(cloud: Cloud) -> dict[str, str]:
    """The variable for the functions, if they know the domain already, so that a deployment keeps it."""
    known = of_stage(cloud)
    return function_variables.kept(cloud, VARIABLE, f"https://{known}" if known else None)


def configured_url(stage: str) -> str | None:
    """The public URL that the owner has set for the stage in .chalice/config.json; None without one."""
    return function_variables.configured(stage, VARIABLE)


def _tell_url(cloud: Cloud, domain: str) -> None:
    """Have the functions name this domain in snippets and mails, unless the owner has set another URL."""
    function_variables.tell(cloud, cloud.names.prefix, VARIABLE, f"https://{domain}")


def _forget_url(cloud: Cloud) -> None:
    """Have the functions take the public URL from the requests, unless the owner has set one."""
    function_variables.tell(cloud, cloud.names.prefix, VARIABLE, None)


def _wait_for_answer(cloud: Cloud, domain: str, say: Say, answered: Answers, *, is_new: bool) -> None:
    """Wait until the domain leads here.

    :param is_new: whether nobody can have set the record yet. It is told before the first look-up then, and there is
        time to set it: resolvers remember that there is no record for as long as the domain's zone says.
    """
    known, told = cloudformation.outputs(cloud, cloudformation.DOMAIN), False
    record = f"{domain}. CNAME {known['Target']}."

    def tell() -> None:
        say(f"  set this DNS record (or an alias to the target, in the hosted zone {known['TargetZone']}):")
        say(f"    {record}\n  waiting for {domain}, up to {(HEAD_START_S * is_new + WAIT_S) / 60:.0f} minutes")

    if is_new:
        tell()
        told = True
        time.sleep(HEAD_START_S)
    deadline = time.monotonic() + WAIT_S
    while not answered(domain):
        if not told:
            tell()
            told = True
        if time.monotonic() > deadline:
            raise DeployError(
                f"{domain} does not lead here yet. Set the DNS record, if it is not set, and deploy again with "
                f"DOMAIN={domain} once it can be resolved: up to an hour after it was set, because it was looked up "
                f"before. Until then, nothing names the domain:\n    {record}"
            )
        time.sleep(POLL_S)
