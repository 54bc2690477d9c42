"""Requests and responses, as handlers see them.

A handler takes a :class:`Request` and returns a :class:`chalice.Response`. It raises errors as
:class:`~chalicelib.errors.ShylightError`, see `application`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from chalice import Chalice, Response

from chalicelib import config, public_url
from chalicelib.errors import BadRequest, ShylightError, TooLarge
from chalicelib.routing import FULL_ACCESS, Access
from chalicelib.translation import gettext as _

# The root URL at which the current request came in.
reached_at: ContextVar[str] = ContextVar("root URL", default="")


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, as handlers see it.

    :ivar method: ``GET`` also for HEAD, whose answer is that to GET without its body.
    :ivar path: the path below the deployment's root, e.g. ``/sites/…``.
    :ivar query: last value of each query parameter.
    :ivar headers: by lower-case name.
    :ivar source_ip: IP address of the client, as API Gateway sees it.
    :ivar base_url: absolute URL of the deployment's root, without a trailing slash; ``""`` if unknown.
    :ivar domain: the host name in the gateway's request context; ``""`` if unknown.
    :ivar api_id: the id of the REST API that it came in through; ``""`` if unknown.
    :ivar received_at: epoch ms at which the gateway received it, by its own clock; 0 if unknown.
    :ivar access: what its API token allows; full access without one. :ivar token_name: what that token is called.
    :ivar creation_id: UUID for what it creates, the same each time that it is repeated with its ``Idempotency-Key``;
        ``""`` without such a key.
    """

    method: str
    path: str
    query: Mapping[str, str]
    query_lists: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    source_ip: str
    base_url: str
    cookies: Mapping[str, str] = field(default_factory=dict)
    received_at: int = 0
    domain: str = ""
    api_id: str = ""
    access: Access = FULL_ACCESS
    token_name: str = ""
    creation_id: str = ""

    @property
    def address(self) -> str:
        """The `base_url`, for absolute links.

        :raises ShylightError: if it is unknown. The ``Host`` header is not used, because clients can send anything.
        """
        if not self.base_url:
            raise ShylightError("The public URL of this deployment is unknown; set SHYLIGHT_PUBLIC_URL.")
        return self.base_url

    @property
    def root(self) -> str:
        """Relative URL of the deployment's root: ``"./"``, ``"../"``, ``"../../"`` and so on.

        Links and redirects are relative, so that they work behind a stage prefix, a custom domain, a CDN and an
        emulator.
        """
        return "../" * self.path.lstrip("/").count("/") or "./"

    @property
    def secure(self) -> bool:
        """Whether the browser uses https: always, unless the public URL is an http address."""
        return not self.base_url.lower().startswith("http:")

    @property
    def is_api(self) -> bool:
        """Whether the client is a program, which gets errors as JSON and not as pages."""
        return self.path.startswith(("/api/", "/ingress/", "/healthz", "/badge/", "/counter/"))

    def json(self, limit: int = config.MAX_BODY_BYTES) -> dict[str, Any]:
        """The body as a JSON object.

        :raises TooLarge: if the body is over `limit` bytes.
        :raises BadRequest: if it is not a JSON object in UTF-8.
        """
        if len(self.body) > limit:
            raise TooLarge(f"The body may have at most {limit} bytes; this one has {len(self.body)}.")
        try:
            data = json.loads(self.body.decode("utf-8-sig"))  # some programs send a byte order mark
        except UnicodeDecodeError:
            raise BadRequest("The body must be JSON in UTF-8; these bytes are not UTF-8.") from None
        except (ValueError, RecursionError):
            raise BadRequest("The body must be a JSON object; this is not valid JSON.") from None
        if not isinstance(data, dict):
            raise BadRequest(f"The body must be a JSON object, not a {type(data).__name__}.")
        return data

    def form(self, limit: int = config.MAX_BODY_BYTES) -> dict[str, str]:
        """The fields of a posted HTML form (``application/x-www-form-urlencoded``), the last one of each name.

        :raises TooLarge: if the body is over `limit` bytes.
        :raises BadRequest: if it cannot be read.
        """
        if len(self.body) > limit:
            raise TooLarge(_("This form is too large."))
        try:
            return dict(parse_qsl(self.body.decode("utf-8"), keep_blank_values=True, max_num_fields=200))
        except ValueError:
            raise BadRequest(_("This form could not be read; reload the page and send it again.")) from None


def read_request(app: Chalice) -> Request:
    """The current request of `app`."""
    request = app.current_request
    if request is None:
        raise RuntimeError("a handler ran outside a request")
    event = request.to_original_event()
    context = request.context
    headers = {name.lower(): value for name, value in request.headers.items()}
    lists = {name: list(values) for name, values in (event.get("multiValueQueryStringParameters") or {}).items()}
    prefix, path = public_url.split_root(event)
    return Request(
        method="GET" if request.method == "HEAD" else request.method,
        path=path,
        query={name: values[-1] for name, values in lists.items() if values},
        query_lists=lists,
        headers=headers,
        body=_raw_body(request),
        source_ip=(context.get("identity") or {}).get("sourceIp") or "",
        base_url=public_url.base_url(context, prefix),
        cookies=read_cookies(headers.get("cookie", "")),
        received_at=int(context.get("requestTimeEpoch") or 0),
        domain=public_url.domain(context),
        api_id=str(context.get("apiId") or ""),
    )


def current_address() -> str:
    """The deployment's root URL, for links in mails: the public URL, else where the current request came in.

    ``""`` if both are unknown, as outside of requests.
    """
    return config.settings().public_url or reached_at.get()


def read_cookies(header: str) -> dict[str, str]:
    """The cookies of a ``Cookie`` header by name, as browsers write it (RFC 6265, section 4.2.1).

    `http.cookies` would drop all of them if another program on the domain has set one that it cannot parse.
    """
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _raw_body(request: Any) -> bytes:
    try:
        raw = request.raw_body
    except ValueError as error:  # isBase64Encoded, but the body is not base64
        raise BadRequest("The body could not be decoded.") from error
    return raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")


def reply(
    body: bytes | str, content_type: str, status: int = 200, headers: Mapping[str, str | list[str]] | None = None
) -> Response:
    """A response with a body. Bodies are always bytes, because the API declares every type binary.

    Lone surrogates, which a response may repeat from the request, are replaced.
    """
    data = body.encode("utf-8", "replace") if isinstance(body, str) else body
    return Response(data, status_code=int(status), headers={"Content-Type": content_type, **(headers or {})})


def reply_json(data: object, status: int = 200, headers: Mapping[str, str | list[str]] | None = None) -> Response:
    """A response with `data` as JSON, not cached."""
    return reply(json_text(data), "application/json", status, {"Cache-Control": "no-store", **(headers or {})})


def json_text(data: object) -> str:
    """`data` as compact JSON."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def redirect(location: str, headers: Mapping[str, str | list[str]] | None = None) -> Response:
    """303 See Other, to `location` (relative to this page)."""
    return reply(b"", "text/plain", 303, {"Location": location, "Cache-Control": "no-store", **(headers or {})})
