"""Names of which no two are the same, however many ask for one."""

from __future__ import annotations


class UniqueNames:
    """The names that are taken: `Mix`, `Mix 2`, `Mix 3`, each found without trying those before."""

    __slots__ = ("_last", "_taken")

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}  # the highest number that was tried with a name

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def find(self, name: str) -> str:
        """The name itself, or with the first number that makes it free."""
        free, number = name, self._last.get(name, 1)
        while free in self._taken:
            number += 1
            free = f"{name} {number}"
        if number > 1:
            self._last[name] = number - 1  # the one found is not taken yet
        return free

    def take(self, name: str) -> str:
        """As `find`; nobody else gets it from now on."""
        free = self.find(name)
        self._taken.add(free)
        return free
