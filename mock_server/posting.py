"""One POST of a webhook: bounded in time and size, no redirects, nothing taken from the environment."""

from __future__ import annotations

import asyncio
import email.utils
import time
from dataclasses import dataclass

import httpcore2

from mock_server.targets import TargetRefusedError, Targets

LONGEST_RETRY_AFTER_S = 86400.0
LONGEST_ANSWER = 65536
USER_AGENT = "payment-session-mock/0.1"


@dataclass(frozen=True, slots=True)
class Sent:
    """How one POST ended: the receiver's status, or why there is none."""

    status: int | None
    error: str = ""
    retry_after_s: float = 0.0

    @property
    def is_success(self) -> bool:
        """Only 2xx is."""
        return not self.error and self.status is not None and 200 <= self.status < 300


class Poster:
    """Connects anew for each POST, to an address that `targets` has just checked."""

    def __init__(self, targets: Targets, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._pool = httpcore2.AsyncConnectionPool(
            network_backend=targets, max_connections=None, max_keepalive_connections=0
        )

    async def post(self, url: str, signature: dict[str, str], body: bytes) -> Sent:
        """Send the body with the signature's headers; every failure is a result, in words without a secret."""
        if not url:
            return Sent(None, "no webhook endpoint is set")
        headers = {
            "host": url.partition("://")[2].partition("/")[0].partition("?")[0],
            "content-type": "application/json",
            "content-length": str(len(body)),
            "user-agent": USER_AGENT,
            **signature,
        }
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._pool.stream("POST", url, headers=list(headers.items()), content=body) as response,
            ):
                read = 0
                async for chunk in response.aiter_stream():
                    read += len(chunk)
                    if read >= LONGEST_ANSWER:
                        break
                return Sent(response.status, "", _retry_after_s(dict(response.headers)))
        except TargetRefusedError as error:
            return Sent(None, str(error))
        except TimeoutError:
            return Sent(None, f"no answer within {self._timeout_s:g} s")
        except (httpcore2.ConnectError, OSError):
            return Sent(None, "cannot connect")
        except Exception as error:  # noqa: BLE001 - whatever it is, the attempt has failed, and the next one may not
            return Sent(None, type(error).__name__)


def _retry_after_s(headers: dict[bytes, bytes]) -> float:
    """Seconds asked for by `Retry-After`, as a number or as a date; 0 without one."""
    value = next((text for name, text in headers.items() if name.lower() == b"retry-after"), b"").decode("latin-1")
    if value.isdecimal():
        return min(float(value), LONGEST_RETRY_AFTER_S)
    try:
        moment = email.utils.parsedate_to_datetime(value).timestamp()
    except ValueError:
        return 0.0
    return min(max(0.0, moment - time.time()), LONGEST_RETRY_AFTER_S)
