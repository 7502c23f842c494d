"""Which cluster `--on` means, and which files travel there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pynodes.cluster.address import parse_address, parse_tls
from pynodes.cluster.luggage import Luggage, unpack
from pynodes.errors import BadValueError


def test_address_is_workers_here_a_scheduler_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    file.write_text("{}")

    assert parse_address("local:4").workers == 4
    assert parse_address("tcp://head:8786").scheduler == "tcp://head:8786"
    assert parse_address("tls://10.0.0.1:8786").scheduler == "tls://10.0.0.1:8786"
    assert parse_address(str(file)).file == file


@pytest.mark.parametrize(
    "text", ["", "local", "local:0", "local:99999", "local:x", "tcp://head", "http://head:1", "no"]
)
def test_other_words_are_refused_with_what_is_meant(text: str) -> None:
    with pytest.raises(BadValueError) as caught:
        parse_address(text)

    assert "local:" in caught.value.help


def test_certificates_are_three_files(tmp_path: Path) -> None:
    for name in ("ca", "cert", "key"):
        (tmp_path / name).write_text("x")
    names = [str(tmp_path / name) for name in ("ca", "cert", "key")]

    assert parse_tls(",".join(names)).key == tmp_path / "key"
    with pytest.raises(BadValueError, match="is not CA,CERT,KEY"):
        parse_tls(names[0])
    with pytest.raises(BadValueError, match="there is no file"):
        parse_tls(",".join([*names[:2], str(tmp_path / "missing")])).check()


def test_luggage_is_unpacked_where_it_is_not_there_already(tmp_path: Path) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    (home / "lib").mkdir(parents=True)
    away.mkdir()
    (home / "scene.py").write_text("import lib")
    (home / "lib" / "mesh.obj").write_text("v 0 0 0")
    luggage = Luggage([home / "scene.py", home / "lib" / "mesh.obj"])
    contents = luggage.contents

    assert unpack(luggage.listed, contents, away) == home
    assert list(away.iterdir()) == []

    (home / "scene.py").write_text("something else, on another machine")
    root = unpack(luggage.listed, contents, away)
    assert (root / "scene.py").read_text() == "import lib"
    assert (root / "lib" / "mesh.obj").read_text() == "v 0 0 0"
    assert unpack(luggage.listed, {}, away) == root, "once a worker"
    assert luggage.listed.located(home / "scene.py", root) == root / "scene.py"
    assert luggage.listed.located(Path("/usr/bin/env"), root) == Path("/usr/bin/env")


def test_file_by_its_whole_path_must_be_the_same_there(tmp_path: Path) -> None:
    program = tmp_path / "svc"
    program.write_text("one")
    listed = Luggage([], [program]).listed

    assert listed.missing() == []
    program.write_text("two")
    assert listed.missing() == [str(program)]
