"""What is wrong with a file, with its place."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong at a line, and what is allowed there; never with a secret's value."""

    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"line {self.line}: {self.key}" if self.key else f"line {self.line}"
        return f"{place}: {self.message}"

    def to_json(self) -> dict[str, object]:
        return asdict(self)


class Refused(Exception):
    """The file was not taken; nothing of it was stored."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(each) for each in self.problems))


class Problems:
    """Collects what is wrong, so that all of it is told at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, line: int, key: str, message: str) -> None:
        self.found.append(Problem(line, key, message))

    def check(self) -> None:
        """Raise Refused where anything was found."""
        if self.found:
            raise Refused(self.found)
