"""The Chalice application: how requests reach handlers, and how what these return or raise becomes a response.

Errors that handlers raise as :class:`~chalicelib.errors.ShylightError` become JSON for programs and a page for
browsers.
"""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from chalice import Chalice, Response

from chalicelib import config, public_url
from chalicelib.errors import ShylightError, Unauthorized, Unavailable
from chalicelib.structured_log import log_line
from chalicelib.web import Request, reached_at, read_request, reply_json

log = logging.getLogger("shylight")
_INGEST = ("/ingress/", "/api/event")  # the collector's paths
# A last resort: every list has limits of its own.
_MOST_CHARS = 5_900_000
# Text is returned as text: base64 would take a third more of Lambda's 6 MB.
_TEXT = ("text/", "application/json", "image/svg+xml")


class ShylightApp(Chalice):
    """Chalice, with three corrections for an API whose types are all binary, and answers to HEAD.

    * It answers 400 to a request without an ``Accept`` header, which HTTP allows. Here it means "any type".
    * It encodes every body in base64, and the gateway decodes it only for clients that send ``Accept``. Here text is
      returned as text, and clients without ``Accept`` get nothing compressed.
    * An answer to HEAD is that to GET without its body.
    * It answers 415 to a GET, HEAD or OPTIONS with a ``Content-Type``, which some clients send. Here it is ignored.

    :ivar error_page: renders an error for browsers; programs get JSON.
    :ivar is_outage: whether an unexpected error comes from a service that this depends on.
    """

    error_page: Callable[[Request, ShylightError], Response]
    is_outage: Callable[[Exception], bool]

    def __call__(self, event: Any, context: Any) -> Any:
        """Handle an invocation of the API function."""
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        if "accept" not in headers:
            headers["accept"] = "*/*"
            headers.pop("accept-encoding", None)
        if event.get("httpMethod") in ("GET", "HEAD", "OPTIONS"):
            headers.pop("content-type", None)
        answer = super().__call__({**event, "headers": headers}, context)
        if answer.get("isBase64Encoded") and _is_text(answer["headers"]):
            answer["body"] = base64.b64decode(answer["body"]).decode("utf-8")
            answer["isBase64Encoded"] = False
        if len(answer.get("body") or "") > _MOST_CHARS:
            answer = self._too_large()
        if event.get("httpMethod") == "HEAD":
            answer |= {"body": "", "isBase64Encoded": False}
        answer["headers"] = {**_of_every_answer(event), **answer["headers"]}
        return answer

    def _too_large(self) -> Any:
        """An error that says what to do, in place of a response that Lambda would reject."""
        log.error("a response was larger than Lambda allows")
        error = ShylightError("The response would be too large; request a shorter period or a lower limit.")
        response = reply_json(error.as_json(), error.status)
        return {"statusCode": response.status_code, "headers": response.headers, "body": response.body.decode()}


def serve(app: ShylightApp, handler: Callable[..., Response], **params: str) -> Response:
    """Answer the current request with `handler(request, **params)`; path parameters are percent-decoded.

    All errors are handled here: ours with their own status, any other as a 500, whose traceback goes to the log.
    """
    started = time.perf_counter()
    request: Request | None = None
    try:
        request = read_request(app)
        reached_at.set(request.base_url)
        response = handler(request, **{name: unquote(value) for name, value in params.items()})
    except ShylightError as error:
        response = _error(app, request, error)
    except Exception as error:
        log.exception(
            "unhandled error in %s", app.current_request.context.get("resourcePath") if app.current_request else "?"
        )
        response = _error(app, request, _unforeseen(app, error))
    _log_line(app, request, response, started)
    return response


def _unforeseen(app: ShylightApp, error: Exception) -> ShylightError:
    if app.is_outage(error):
        return Unavailable("A service this depends on did not answer as it should; please try again.", retry_after=5)
    return ShylightError("Something went wrong here. It has been logged; please try again.")


def _error(app: ShylightApp, request: Request | None, error: ShylightError) -> Response:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    if request is None or request.is_api:
        headers |= {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthorized) else {}
        headers |= error.headers
        if request is not None and request.path.startswith((*_INGEST, "/badge/", "/counter/")):
            headers["Access-Control-Allow-Origin"] = "*"
        return reply_json(error.as_json(), error.status, headers)
    return app.error_page(request, error)


def _log_line(app: Chalice, request: Request | None, response: Response, started: float) -> None:
    """Write one log line, without IP address, user agent, token or identifier; of hits, only for those that fail."""
    if response.status_code < 400 and request and request.path.startswith(_INGEST) and not config.settings().log_hits:
        return
    log_line(
        route=_route(app),
        method=app.current_request.method if app.current_request else "?",
        status=response.status_code,
        ms=round((time.perf_counter() - started) * 1000, 1),
    )


def _route(app: Chalice) -> str:
    request = app.current_request
    return str((request.context or {}).get("resourcePath", "?")) if request else "?"


def _is_text(headers: Mapping[str, str]) -> bool:
    return headers.get("Content-Type", "").startswith(_TEXT) and "Content-Encoding" not in headers


def _of_every_answer(event: Mapping[str, Any]) -> dict[str, str]:
    """Headers of every response: no content sniffing, and HSTS."""
    headers = {"X-Content-Type-Options": "nosniff"}
    if public_url.is_https_only(event.get("requestContext") or {}):
        headers["Strict-Transport-Security"] = f"max-age={config.HTTPS_ONLY_S}"
    return headers
