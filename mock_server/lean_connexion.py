"""What of connexion is used, imported without Starlette's test client.

connexion imports that client for its `test_client()`, which nobody here calls: a tenth of the time to readiness. A
placeholder stands in for it during the import and is gone afterwards, so that whoever wants the client itself gets it.
"""

from __future__ import annotations

import sys
from types import ModuleType

_CLIENT = "starlette.testclient"
_placeholder = ModuleType(_CLIENT)
_placeholder.TestClient = None  # type: ignore[attr-defined]  # the one name that connexion takes from it
_stands_in = sys.modules.setdefault(_CLIENT, _placeholder) is _placeholder
try:
    from connexion import AsyncApp
    from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
    from connexion.middleware.lifespan import LifespanMiddleware
    from connexion.middleware.routing import RoutingMiddleware
    from connexion.operations import AbstractOperation
finally:
    if _stands_in:
        del sys.modules[_CLIENT]

__all__ = ["AbstractOperation", "AsyncApp", "LifespanMiddleware", "RoutedAPI", "RoutedMiddleware", "RoutingMiddleware"]
