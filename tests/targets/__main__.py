"""`python -m tests.targets NAME [PORT]` serves one implementation until interrupted; without a name it lists all."""

import contextlib
import sys

from tests.targets.correct import KEY, OTHER_KEY, Correct
from tests.targets.defects import BROKEN
from tests.targets.faults import FAULTS
from tests.targets.variants import lawful
from tests.targets.wire import Server

TARGETS = {"Correct": Correct} | lawful() | {name: entry[0] for name, entry in (BROKEN | FAULTS).items()}


def main(arguments: list[str]) -> int:
    """Serve or list; returns the exit code."""
    if not arguments:
        for name, each in TARGETS.items():
            print(f"{name:28} {(each.__doc__ or '').splitlines()[0]}")
        return 0
    if arguments[0] not in TARGETS:
        print(f"there is no {arguments[0]}; without a name all are listed", file=sys.stderr)
        return 2
    target = TARGETS[arguments[0]]()
    server = Server(target.respond, target.clock, target.left_out, int(arguments[1]) if arguments[1:] else 8098)
    print(f"http://127.0.0.1:{server.server_address[1]}{target.prefix}  keys {KEY} and {OTHER_KEY}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
