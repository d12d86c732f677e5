"""What a client of brew must be told, so that it asks a mirror."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from domain.views import API, FLAT, View


def client_variables(mirror: str, view: View = "registry") -> Mapping[str, str]:
    """Return the variables that lead brew to the mirror at a URL.

    The registry view is the closed one: no bottle comes from anywhere else. With the
    flat one brew goes to ghcr.io for what the mirror does not give.
    """
    root = mirror.rstrip("/")
    api = {"HOMEBREW_API_DOMAIN": f"{root}/{API}".rstrip("/")}
    if view == "flat":
        return {"HOMEBREW_BOTTLE_DOMAIN": f"{root}/{FLAT}".rstrip("/"), **api}
    return {
        "HOMEBREW_ARTIFACT_DOMAIN": root,
        "HOMEBREW_ARTIFACT_DOMAIN_NO_FALLBACK": "1",
        **api,
    }


def brew_env(mirror: str, view: View = "registry") -> str:
    """Return the file ``brew.env`` that leads a machine to the mirror.

    brew reads it from ``/etc/homebrew/``, from ``etc/homebrew/`` below its own prefix
    and from ``~/.homebrew/``. It takes what follows the sign as it is.
    """
    variables = client_variables(mirror, view)
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def shell_lines(mirror: str, view: View = "registry") -> str:
    """Return the lines that lead one shell, and what is started from it, there."""
    variables = client_variables(mirror, view)
    return "".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()
    )
