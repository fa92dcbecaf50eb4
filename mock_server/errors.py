"""Errors as the client sees them: one class for each code, one renderer for all, and never an exception's text."""

from __future__ import annotations

from starlette.exceptions import HTTPException

from mock_server.answers import Answer
from mock_server.outbox import StoreFullError, UnknownEventError
from mock_server.sessions import TransitionRefusedError
from mock_server.store import UnknownSessionError


class ApiError(Exception):
    """An error answer: status, the code for programs, a message for people that holds nothing the client has sent."""

    status = 500
    code = "internal_error"
    message = "The mock failed; its log says why."

    def __init__(self, message: str | None = None, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message or self.message)
        self.headers = headers

    def answer(self) -> Answer:
        """The one envelope: what the vendor's clients need to tell errors apart."""
        return Answer(self.status, {"message": str(self), "error_code": self.code}, self.headers)


class InvalidApiKeyError(ApiError):
    """Missing or invalid API key (Responses > 403)."""

    status, code, message = 403, "invalid_api_key", "The API key is missing or invalid."


class NotFoundError(ApiError):
    """No such thing for this tenant (Responses > 404); another tenant's is no different."""

    status, code, message = 404, "resource_not_found", "Not found."


class InvalidRequestError(ApiError):
    """The body or a parameter is not the documented one."""

    status, code, message = 400, "invalid_request", "The request is not as documented."


class InvalidReturnUrlError(ApiError):
    """The return_url cannot be used (return_url, in the page's words)."""

    status, code, message = 400, "invalid_return_url", "The return_url must be an HTTPS URL on an allowed host."


class ConflictError(ApiError):
    """What else is going on does not allow it."""

    status, code, message = 409, "conflict", "Not now."


class MethodNotAllowedError(ApiError):
    """The path exists, with other methods."""

    status, code, message = 405, "method_not_allowed", "This path does not take that method."


class PayloadTooLargeError(ApiError):
    """The body is larger than `--max-body-bytes`."""

    status, code, message = 413, "payload_too_large", "The request body is too large."


class UnavailableError(ApiError):
    """Not now: a limit is reached, or a quirk strikes."""

    status, code, message = 503, "service_unavailable", "The service is unavailable."


class ControlClosedError(ApiError):
    """The control plane is not open to this caller."""

    status, code, message = 403, "control_plane_closed", "The control plane needs the header Mock-Control-Token here."


class RefusedError(ApiError):
    """The session's state does not allow it: the contract's 400, the state-provider protocol's 409."""

    def __init__(self, refusal: TransitionRefusedError, status: int = 400) -> None:
        super().__init__(type(refusal).__doc__)
        self.code = refusal.code
        self.status = status


class UnsupportedMediaTypeError(ApiError):
    """The operation takes JSON."""

    status, code, message = 415, "unsupported_media_type", "The request body must be application/json."


class RequestTimeoutError(ApiError):
    """The body did not come in time."""

    status, code, message = 408, "request_timeout", "The request body did not arrive in time."


class ConnectionDroppedError(Exception):
    """The client gets no answer at all: a quirk, or it has gone itself."""


def answer_of(error: Exception) -> Answer:
    """The one renderer: what a client is told of any exception. Unknown ones are our bug, and their text stays here."""
    match error:
        case ApiError():
            return error.answer()
        case TransitionRefusedError():
            return RefusedError(error).answer()
        case UnknownSessionError() | UnknownEventError() | HTTPException(status_code=404):
            return NotFoundError().answer()
        case StoreFullError():
            return UnavailableError(str(error), (("retry-after", "1"),)).answer()
        case HTTPException(status_code=405):
            return MethodNotAllowedError(headers=tuple((error.headers or {}).items())).answer()
        case _:
            return ApiError().answer()
