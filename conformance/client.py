"""HTTP to the target. Every exchange is kept as evidence; what is transient is retried within a budget."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

import httpx2

from conformance.connections import send
from conformance.exchange import Exchange, Ledger
from conformance.masking import Masker
from conformance.near_misses import WORDS, near_misses_of_key
from conformance.outcomes import Breach, Inconclusive, NoAnswer, Reason, TargetLost
from conformance.target import Target

UNKNOWN_ID = "ps_0000000000000000"
TRANSIENT = frozenset({429, 502, 503, 504})
BODY_LIMIT = 1 << 20
# So often in a row a request gets no answer until that is taken for the target's doing, and not the network's.
TRIES = 3


@dataclass
class Budget:
    """How long a whole run may wait for a target that says it is busy."""

    left_s: float = 45.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, wait_s: float) -> bool:
        """Take `wait_s` from the budget, or answer False when not so much is left."""
        with self.lock:
            if wait_s > self.left_s:
                return False
            self.left_s -= wait_s
            return True


class Client:
    """Requests of one connection pool; `lane()` opens another one that shares everything else."""

    def __init__(
        self,
        target: Target,
        masker: Masker,
        ledger: Ledger | None = None,
        budget: Budget | None = None,
        seed: int = 0,
        random: Random | None = None,
        tries: int = TRIES,
    ) -> None:
        self.target = target
        self.ledger = ledger or Ledger()
        # All that is left to chance comes from here, so that a seed brings a run back.
        self.seed = seed
        self.random = random or Random(seed)  # noqa: S311 - wants to be repeated, not to be secret
        self._masker = masker
        self._budget = budget or Budget()
        self._tries = tries
        self._http = httpx2.Client(
            timeout=target.timeout_s,
            trust_env=False,
            verify=target.trust(),
            follow_redirects=False,
            limits=httpx2.Limits(keepalive_expiry=2.0),
        )
        masker.add(target.api_key, "api key")
        masker.add(target.other_api_key or "", "other api key")
        for _, value in target.headers:
            masker.add(value, "header")

    def lane(self, tries: int = 1) -> Client:
        """Another connection with the same target, evidence and budget. In a race what gets no answer is not tried
        again: it would not be simultaneous any more."""
        return Client(self.target, self._masker, self.ledger, self._budget, self.seed, self.random, tries)

    @property
    def exchanges(self) -> list[Exchange]:
        """Every exchange of the run, in the order in which they ended."""
        return self.ledger.exchanges

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def cancel(self, session_id: str, *, key: str | None = None, method: str = "POST") -> Exchange:
        """Cancel as a client does: the valid key (or `key`) as bearer token, no body."""
        exchange = self.send(method, self.target.cancel_url(session_id), f"Bearer {key or self.target.api_key}")
        if key is None and method == "POST":
            self.ledger.cancels.append((session_id, exchange))
        if exchange.status == 200 and method == "POST":
            self.ledger.cancelled.setdefault(session_id, exchange.ended)
        return exchange

    def cancel_as(self, session_id: str, authorization: str | None) -> Exchange:
        """Cancel with exactly this `Authorization` header, or with none."""
        return self.send("POST", self.target.cancel_url(session_id), authorization)

    def cancel_with(self, session_id: str, headers: Mapping[str, str], body: bytes = b"") -> Exchange:
        """Cancel with the valid key, and with headers and a body that nobody asked for."""
        authorization = f"Bearer {self.target.api_key}"
        exchange = self.send("POST", self.target.cancel_url(session_id), authorization, headers=headers, body=body)
        if exchange.status == 200:
            self.ledger.cancelled.setdefault(session_id, exchange.ended)
        return exchange

    def cancel_raw(self, raw_segment: str) -> Exchange:
        """Cancel with the valid key and the path segment put on the wire as it is: no encoding, no normalisation."""
        path = httpx2.URL(self.target.base_url + "/").raw_path.decode("ascii").rstrip("/")
        raw = f"{path}/api/v1/payment/sessions/{raw_segment}/cancel"
        url = self.target.cancel_url(UNKNOWN_ID)
        return self.send("POST", url, f"Bearer {self.target.api_key}", raw_target=raw.encode("ascii"))

    def near_misses(self) -> list[str]:
        """Keys that are almost the valid one, and words that are none; none of them is a key that was given."""
        misses = near_misses_of_key(self.target.api_key, self.random)
        for miss in misses:
            self._masker.add(miss, "near miss of the api key")
        return [key for key in (*misses, *WORDS) if key not in {self.target.api_key, self.target.other_api_key}]

    def unknown_key(self) -> str:
        """A random key; nobody has it, and no rule about prefixes accepts it."""
        return f"unknown_{self.random.randbytes(16).hex()}"

    def probe(self) -> Exchange:
        """Ask for a plain unknown id, to see whether the target answers at all, and to open the connection."""
        return self.cancel(UNKNOWN_ID)

    def send(
        self,
        method: str,
        url: str,
        authorization: str | None,
        *,
        raw_target: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Exchange:
        """One request and its answer, retried while the target says it is busy, or says nothing.

        Raises `TargetLost` when nobody answers, `Inconclusive` when the target stays busy, `NoAnswer` when only this
        request gets none, and `Breach` when it gets none time and again: it was promised one.
        """
        all_headers = dict(headers or {}) | dict(self.target.headers)
        if authorization is not None:
            all_headers["Authorization"] = authorization
        unanswered = 0
        for attempt in itertools.count(1):
            try:
                exchange = self._once(method, url, all_headers, raw_target, body, attempt, unanswered)
            except NoAnswer as silence:
                unanswered += 1
                self._bear(silence, unanswered, method)
                continue
            # What a cancel answers 400 may have been done by the try before.
            self.ledger.is_flaky |= unanswered > 0 and exchange.status != 400
            self.exchanges.append(exchange)
            if exchange.status not in TRANSIENT:
                return exchange
            wait_s = _retry_after_s(exchange, attempt)
            if attempt == 6 or not self._budget.spend(wait_s):
                raise Inconclusive(Reason.THROTTLED, f"the target kept answering {exchange.status}")
            time.sleep(wait_s)
        raise AssertionError  # pragma: no cover - count() does not end

    def _bear(self, silence: NoAnswer, unanswered: int, method: str) -> None:
        """Return when it is worth another try. Raises `Breach` when it is this request that is never answered."""
        if method != "POST" or self._tries == 1 or self.ledger.is_flaky or not self._budget.spend(silence.waited_s):
            raise silence
        if unanswered == self._tries:
            raise Breach("an answer", f"none in {unanswered} tries: {silence.message}") from None

    def _once(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        raw_target: bytes | None,
        body: bytes,
        attempt: int,
        unanswered: int,
    ) -> Exchange:
        extensions = {"target": raw_target} if raw_target is not None else {}
        request = self._http.build_request(method, url, headers=headers, content=body or None, extensions=extensions)
        sent_at, started = time.time(), time.monotonic()
        try:
            response, tries = send(self._http, request)
            try:
                received = _read(response)
            finally:
                response.close()
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise TargetLost(f"cannot connect to {self.target.base_url}: {error}") from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise self._why_no_answer(method, error, time.monotonic() - started) from None
        return Exchange(
            method=method,
            url=url if raw_target is None else self.target.origin + raw_target.decode("ascii"),
            request_headers=tuple(request.headers.multi_items()),
            status=response.status_code,
            headers=tuple(response.headers.multi_items()),
            body=received,
            sent_at=sent_at,
            received_at=time.time(),
            started=started,
            ended=time.monotonic(),
            attempts=attempt + tries - 1,
            unanswered=unanswered + tries - 1,
            request_body=body,
        )

    def _why_no_answer(self, method: str, error: Exception, waited_s: float) -> NoAnswer | TargetLost:
        """Tell a request that gets no answer from a target that gives none to any cancel, with the key or without."""
        for key_header in ({"Authorization": f"Bearer {self.target.api_key}"}, {}):
            try:
                httpx2.post(
                    self.target.cancel_url(UNKNOWN_ID),
                    headers={**dict(self.target.headers), **key_header},
                    timeout=self.target.timeout_s,
                    verify=self.target.trust(),
                    trust_env=False,
                )
            except httpx2.TransportError as second:
                lost = TargetLost(f"{self.target.base_url} gives no HTTP answer: {type(second).__name__}: {second}")
            else:
                told = f"the {method} got no answer ({type(error).__name__}: {error}), while other requests do"
                return NoAnswer(told, waited_s)
        return lost


def _read(response: httpx2.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise httpx2.ReadError(f"the answer is longer than {BODY_LIMIT} bytes")
    return bytes(body)


def _retry_after_s(exchange: Exchange, attempt: int) -> float:
    try:
        return min(max(float(exchange.header("retry-after") or ""), 0.05), 10.0)
    except ValueError:
        return 0.1 * float(2**attempt)
