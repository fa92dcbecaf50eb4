"""`python -m tests.bench [--seconds N] [--sessions N] [NAME ...]`: the table, in one run. Exit 2 without wrk or cores.

CPU per request is the server process's own, user and system. The server has one core to itself, wrk the other.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
KEY = {"Authorization": "Bearer t9k_test_bench", "Content-Type": "application/json"}
CONNECTIONS = 16
TICKS = os.sysconf("SC_CLK_TCK")
HEAD = f"{'':22} {'CPU us':>7} {'x bare':>9} {'per s':>8} {'ratio':>6} {'p99 ms':>7} {'ready s':>8} {'MiB':>5}"
PAGE = os.sysconf("SC_PAGE_SIZE")
MOCKS = {"mock": (), "mock, file": ("--database", "{file}"), "mock, delivering": ("--webhook-schedule", "fast")}
OTHERS = ("bare", "starlette", "connexion", "connexion-validated")


@dataclass(frozen=True, slots=True)
class Measured:
    """One row. Times in microseconds unless named otherwise."""

    name: str
    cpu_us: float
    per_s: float
    p99_us: float
    ready_s: float
    rest_mib: float


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", default=[*OTHERS, *MOCKS], metavar="NAME", help=", ".join([*OTHERS, *MOCKS])
    )
    parser.add_argument("--seconds", type=int, default=8, help="for each, at most (default 8)")
    parser.add_argument("--sessions", type=int, default=60_000, help="of the mocks, at the start (default 60000)")
    options = parser.parse_args(arguments)
    if shutil.which("wrk") is None or len(os.sched_getaffinity(0)) < 2:
        print("bench: needs `wrk` on the PATH and two cores", file=sys.stderr)
        return 2
    rows = [measured(name, options.seconds, options.sessions) for name in options.names]
    base = next((row for row in rows if row.name == "bare"), rows[0])
    print(HEAD)
    for row in rows:
        print(
            f"{row.name:22} {row.cpu_us:7.0f} {row.cpu_us / base.cpu_us:9.2f} {row.per_s:8.0f} "
            f"{row.per_s / base.per_s:6.2f} {row.p99_us / 1000:7.2f} {row.ready_s:8.2f} {row.rest_mib:5.0f}"
        )
    return 0


def measured(name: str, seconds: int, sessions: int) -> Measured:
    """Start it on a core of its own, load it from the other, stop it."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        started = time.monotonic()
        server = subprocess.Popen(
            command(name, port, folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {cores[0]}),
        )
        try:
            wait_until_ready(port, server)
            ready_s, rest_mib = time.monotonic() - started, resident_mib(server.pid)
            ids = Path(folder) / "ids"
            if name in MOCKS:
                prepare(port, name, sessions, ids)
            return load(name, port, server.pid, cores[1], seconds, ids if name in MOCKS else None, ready_s, rest_mib)
        finally:
            server.terminate()
            server.wait()


def command(name: str, port: int, folder: str) -> list[str]:
    """How to start it."""
    if name in MOCKS:
        flags = [flag.format(file=f"{folder}/mock.db") for flag in MOCKS[name]]
        return [sys.executable, "-m", "mock_server", "--port", str(port), *flags]
    return [sys.executable, "-m", "tests.bench.contestants", name, str(port)]


def load(
    name: str, port: int, pid: int, core: int, seconds: int, ids: Path | None, ready_s: float, rest_mib: float
) -> Measured:
    """Run wrk once to warm up where that spends no sessions, and once to measure."""
    if ids is None:
        wrk(port, core, 1, None)
    before = cpu_s(pid)
    requests, duration_us, refused, _, p99_us = wrk(port, core, seconds, ids)
    spent_s = cpu_s(pid) - before
    if refused:
        raise SystemExit(f"bench: {name} refused {refused} of {requests} requests; give it more --sessions")
    return Measured(name, spent_s * 1e6 / requests, requests * 1e6 / duration_us, p99_us, ready_s, rest_mib)


def wrk(port: int, core: int, seconds: int, ids: Path | None) -> list[int]:
    """Requests, microseconds, refused ones, 50th and 99th percentile in microseconds."""
    script = [str(HERE / "cancel.lua"), f"http://127.0.0.1:{port}", "--", *([str(ids)] if ids else [])]
    done = subprocess.run(
        ["taskset", "-c", str(core), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", *script],  # noqa: S607 - by PATH
        capture_output=True,
        text=True,
        check=True,
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    return [int(number) for number in line.split()[1:]]


def prepare(port: int, name: str, sessions: int, ids: Path) -> None:
    """Seed the sessions, and write down their ids; where deliveries are measured, set an endpoint that refuses all."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    with ids.open("w") as file:
        for start in range(0, sessions, 20_000):
            body = json.dumps({"state": "pending", "count": min(20_000, sessions - start)})
            connection.request("POST", "/_mock/v1/sessions", body, KEY)
            file.writelines(f"{session['id']}\n" for session in json.load(connection.getresponse())["sessions"])
    if name == "mock, delivering":
        body = json.dumps({"url": f"http://127.0.0.1:{free_port()}/"})
        connection.request("PUT", "/_mock/v1/webhook-endpoint", body, KEY)
        connection.getresponse().read()
    connection.close()


def wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until it answers anything."""
    while server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except OSError:
            time.sleep(0.005)
        else:
            return
        finally:
            connection.close()
    raise SystemExit("bench: a server did not start")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid: int) -> float:
    """Memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20


if __name__ == "__main__":
    sys.exit(main())
