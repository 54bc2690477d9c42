"""The errors of Shylight, each with its HTTP status and a message a person can act on.

Whatever is wrong with a request is raised as one of these. `application.serve` turns it into JSON,
``{"error": {"code", "message", "field"?}}``, or into a page for a browser.
"""

from __future__ import annotations

from http import HTTPStatus


class ShylightError(Exception):
    """The base class.

    :param message: what happened and what to do about it, for a person.
    :param field: the input field at fault, where there is one.
    :param retry_after: seconds after which trying again makes sense.
    :ivar headers: further headers of the answer.
    """

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal_error"

    def __init__(self, message: str, *, field: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after = retry_after
        self.headers: dict[str, str] = {}

    def as_json(self) -> dict[str, dict[str, str]]:
        """The body of the answer, in the shape every error of the API has."""
        error = {"code": self.code, "message": self.message}
        if self.field is not None:
            error["field"] = self.field
        return {"error": error}


class BadRequest(ShylightError):
    """The request is malformed; the message names the field and what it should be."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"


class Unauthorized(ShylightError):
    """Nobody is signed in, or the token is not known."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthorized"


class Forbidden(ShylightError):
    """The caller is known, but may not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class SignInTooOld(Forbidden):
    """The person has to confirm that it is them before they do this.

    :param back: the page to return to afterwards, as a path without a leading slash.
    """

    def __init__(self, message: str, *, back: str) -> None:
        super().__init__(message)
        self.back = back


class NotFound(ShylightError):
    """It does not exist, or the caller may not see it."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class Conflict(ShylightError):
    """It exists already, is in a state that forbids this, or was changed by someone else."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class TooLarge(ShylightError):
    """The body is larger than this endpoint takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"


class MethodNotAllowed(ShylightError):
    """The path exists, but not with this method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "method_not_allowed"


class Unprocessable(ShylightError):
    """The request is well-formed, but contradicts an earlier one."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "unprocessable"


class TooManyRequests(ShylightError):
    """The caller sends too many requests."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_requests"


class Unavailable(ShylightError):
    """A service this depends on does not answer; the request can be sent again later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"


class QueryTooLarge(Unavailable):
    """Answering a question about visits takes more time or memory than there is; the message says what to narrow."""

    code = "query_too_large"


class Poison(Exception):
    """A queue message that can never be stored, however often it comes: it goes to the dead-letter queue.

    :param reason: a short machine-readable reason, kept with the message.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
