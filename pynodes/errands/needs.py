"""What errands need of the machine that does them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pynodes.errands.errand import Need
from pynodes.host.hosts import same_host
from pynodes.host.identity import HostIdentity


@dataclass(frozen=True, slots=True)
class HostThere(Need):
    """The very host that is meant."""

    identity: HostIdentity

    def lacking(self) -> str:
        same_host(self.identity)  # its error says what is wrong
        return ""


@dataclass(frozen=True, slots=True)
class FolderThere(Need):
    """A folder that is seen at the same place: a file in it holds a word that nobody guesses."""

    folder: Path
    file: str
    word: str

    def lacking(self) -> str:
        try:
            if (self.folder / self.file).read_text() == self.word:
                return ""
        except OSError:
            pass
        return f"the folder {self.folder} is not the same there"


@dataclass(frozen=True, slots=True)
class FolderExists(Need):
    """A folder of that name."""

    folder: Path

    def lacking(self) -> str:
        return "" if self.folder.is_dir() else f"there is no folder {self.folder}"
