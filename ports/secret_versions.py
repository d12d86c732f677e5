"""The versions of a secret, while one takes the place of another."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from ports.secret import Secret


class SecretVersions(Protocol):
    """Exchanges the value of one secret.

    Every adapter promises

    - that what others read stays what it is, until ``promote``;
    - that each step may be repeated;
    - that no value is in any of its errors.
    """

    @abstractmethod
    def prepare(self, version: str) -> None:
        """Give a version the value that lies ready for it, or else the present one.

        Raises:
            PortError: It could not be given one.
        """
        raise NotImplementedError

    @abstractmethod
    def pending(self, version: str) -> Secret:
        """Return a version that was prepared, to be tried; it is not read yet."""
        raise NotImplementedError

    @abstractmethod
    def give_up(self, version: str) -> None:
        """Let a version that was prepared be, so that another may be prepared.

        Raises:
            PortError: It is still the one that is to follow.
        """
        raise NotImplementedError

    @abstractmethod
    def promote(self, version: str) -> None:
        """Have others read a version from now on. Its value lies ready no more.

        Raises:
            PortError: They do not.
        """
        raise NotImplementedError
