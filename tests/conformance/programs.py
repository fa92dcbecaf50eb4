"""Small programs as state providers."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

PYTHON = [sys.executable, "-I", "-S"]

# Passes every call on to an HTTP controller, whose base URL is its argument.
BRIDGE = """
import json, sys, urllib.error, urllib.parse, urllib.request
asked = json.load(sys.stdin)
operation, key = asked.pop("operation"), asked.pop("api_key")
session = "/sessions/" + urllib.parse.quote(asked.pop("session_id", ""), safe="")
method, path = {
    "capabilities": ("GET", "/capabilities"),
    "prepare": ("POST", "/sessions"),
    "read": ("GET", session),
    "complete": ("POST", session + "/complete"),
    "put-webhook-endpoint": ("PUT", "/webhook-endpoint"),
    "delete-webhook-endpoint": ("DELETE", "/webhook-endpoint"),
}[operation]
request = urllib.request.Request(
    sys.argv[1] + path, method=method, data=json.dumps(asked).encode() if asked else None,
    headers={"Authorization": "Bearer " + key},
)
try:
    response = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
except urllib.error.HTTPError as error:
    response = error
body = response.read()
print(json.dumps({"status": response.status, "body": json.loads(body) if body else None}))
"""


def program(folder: Path, text: str, *arguments: str) -> str:
    """The command line of a Python program with this text; the space in its path wants the quotes of a shell."""
    file = folder / "the program.py"
    file.write_text(text)
    return shlex.join([*PYTHON, str(file), *arguments])
