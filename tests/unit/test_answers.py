"""What hosts say about themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from pynodes.errors import CannotStartError
from pynodes.host import answers


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Something that can be run: it prints its arguments, or fails when they say so."""
    path = tmp_path / "bin" / "pynodes-host"
    path.parent.mkdir()
    path.write_text(
        "#!/bin/sh\n"
        '[ "$1" = --nodes ] && { echo "error: no" >&2; echo "  help:  try yes" >&2; exit 10; }\n'
        '[ "$1" = --describe ] && { echo noise; echo \'{"word": "1"}\'; exit 0; }\n'
        'echo "$@"\n'
    )
    path.chmod(0o755)
    return path


def test_answer_may_have_noise_before_it(program: Path) -> None:
    assert answers.describe(program) == {"word": "1"}


def test_answer_that_is_a_refusal_keeps_its_words(program: Path) -> None:
    with pytest.raises(CannotStartError, match=r"^no$") as caught:
        answers.list_nodes(program)

    assert caught.value.help == "try yes"


def test_program_that_the_system_refuses_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "host"
    path.write_bytes(b"\x7fELF nonsense")
    path.chmod(0o755)

    with pytest.raises(CannotStartError, match="cannot be run"):
        answers.ask(path, "--version")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("--describe", "[]"),
        ("--describe", '{"options": 7}'),
        ("--describe", '{"options": [{}]}'),
        ("--describe", '{"figures": [{"name": "a"}]}'),
        ("--describe", "[" * 20_000),
        ("--describe", '{"word": ' + "9" * 5000 + "}"),
        ("--nodes", "{}"),
        ("--nodes", "[7]"),
        ("--nodes", '[{"kind": "python"}]'),
        ("--nodes", '[{"name": "A", "inputs": [{}]}]'),
        ("--nodes", '[{"name": "A", "inputs": [{"name": "B", "min": []}]}]'),
        ("--nodes", '[{"name": "A", "params": [{"name": "B", "choices": 7}]}]'),
    ],
)
def test_answer_of_another_shape_is_one_error(tmp_path: Path, question: str, answer: str) -> None:
    host = tmp_path / "host"
    (tmp_path / "answer").write_text(answer)
    host.write_text(f"#!/bin/sh\ncat '{tmp_path}/answer'\n")
    host.chmod(0o755)

    with pytest.raises(CannotStartError, match=f"answer to {question} is not understood"):
        answers.describe(host) if question == "--describe" else answers.list_nodes(host)
