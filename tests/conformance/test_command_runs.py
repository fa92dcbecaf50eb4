"""How the command makes its run: against what it is pointed at, by the user's flags, in nobody's folder."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

from tests.targets.correct import KEY, OTHER_KEY, Correct
from tests.targets.judged import QUICK, judge, run_suite
from tests.targets.wire import Answer, Request, Server


def test_a_header_of_the_users_own_goes_with_every_request() -> None:
    class Gateway(Correct):
        def cancel_request(self, request: Request, session_id: str) -> Answer:
            if request.headers.get("x-gateway") != "let-me-in":
                return Answer(502)
            return super().cancel_request(request, session_id)

    judged = judge(Gateway(), "--only", "OK", "STATE", "--header", "X-Gateway: let-me-in")
    assert judged.exit_code == 0, judged.output


def test_a_target_that_comes_up_late_is_waited_for() -> None:
    target = Correct()
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    server: list[Server] = []

    def start() -> None:
        server.append(Server(target.respond, target.clock, frozenset(), port))
        server[0].serve_forever(0.02)

    threading.Timer(1.0, start).start()
    url = f"http://127.0.0.1:{port}"
    judged = run_suite("--base-url", url, "--provider", url + "/provider", "--only", "OK", "--wait-for-target", "20")
    server[0].shutdown()
    server[0].server_close()
    assert judged.exit_code == 0, judged.output


def test_events_can_come_by_another_way_than_loopbacks_usual_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    listen, url = f"127.0.0.1:{port}", f"http://localhost:{port}"
    flags = ("--only", "HOOK-1", "--webhook-listen", listen, "--webhook-url", url)
    assert judge(Correct(), *flags, *QUICK).exit_code == 0


def test_a_seed_brings_back_what_was_left_to_chance() -> None:
    class Remembers(Correct):
        def __init__(self) -> None:
            super().__init__()
            self.keys_seen: list[str] = []

        def tenant_of_key(self, key: str) -> str | None:
            self.keys_seen.append(key)
            return super().tenant_of_key(key)

    made_up = []
    for seed in ("7", "7", "8"):
        target = Remembers()
        judged = judge(target, "--only", "AUTH", "--seed", seed)
        assert f"seed {seed})" in judged.output
        made_up.append([key for key in target.keys_seen if key not in {KEY, OTHER_KEY}])
    assert made_up[0] == made_up[1] != made_up[2]


def test_a_dry_run_cancels_nothing_and_says_what_could_be_exercised() -> None:
    class Counts(Correct):
        requests = 0

        def cancel_request(self, request: Request, session_id: str) -> Answer:
            self.requests += 1
            return super().cancel_request(request, session_id)

    target = Counts()
    target.operations = ("read",)
    judged = judge(target, "--dry-run")
    assert judged.exit_code == 0
    assert target.requests == 0
    assert "would be exercised" in judged.output
    assert "CXL-HOOK-1    not_testable" in judged.output


def test_nothing_of_the_users_folder_takes_part_and_nothing_is_left_there(tmp_path: Path) -> None:
    broken = "raise SystemExit('not mine')\n"
    (tmp_path / "conftest.py").write_text(broken)
    (tmp_path / "schemathesis.toml").write_text("nonsense = [")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-flag\n")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    judged = judge(Correct(), "--only", "OK", "BODY-9", "STATE-8", "NF-4", "--thorough", folder=tmp_path)
    assert judged.exit_code == 0, judged.output
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
