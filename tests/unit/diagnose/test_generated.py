"""Frames of C that Cython wrote, and the .pyx they were written from."""

from __future__ import annotations

from pathlib import Path

import pytest

from pynodes.diagnose.generated import function_of, is_written, resolved
from pynodes.diagnose.look.frames import FrameLook, Frames, PlaceLook
from pynodes.diagnose.look.look import Collector, Look
from pynodes.diagnose.sources import around

WRITTEN = """
static PyObject *__pyx_pf_3cy_4Shop_2total(PyObject *self) {
  /* "shop/cy.pyx":7
 *     def total(self):
 *         begin()             # <<<<<<<<<<<<<<
 *         wait()
*/
  begin();
  /* "shop/cy.pyx":8
 *         begin()
 *         wait()             # <<<<<<<<<<<<<<
*/
  wait();
  __Pyx_AddTraceback("shop.cy.Shop.total", 1, 2, 3);
}

static int __Pyx_helper(void) {
  other();
}
"""


def frame(function: str, file: Path, line: int) -> FrameLook:
    return FrameLook(function, str(file), line, "/x/cy.so")


def found_in(*frames: FrameLook) -> Frames:
    look = Look(Collector("", ""), 1, lost=(), threads=(), python=None, places={1: frames})
    return resolved(look).places[1]


def test_frame_gets_function_file_and_line_of_the_pyx(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "cy.pyx").write_text("\n" * 8)
    file = tmp_path / "shop" / "cy.c"
    file.write_text(WRITTEN)
    waits = frame(
        "__pyx_pf_3cy_4Shop_2total", file, 1 + WRITTEN[: WRITTEN.index("wait();")].count("\n")
    )
    helps = frame("__Pyx_helper", file, 18)

    waits, helps = found_in(waits, helps)

    pyx = str(tmp_path / "shop" / "cy.pyx")
    assert waits.written == PlaceLook("Shop.total", pyx, 8)
    assert helps.written is None


@pytest.mark.parametrize("line", [0, 1, 3, 900])
def test_line_that_is_not_there_or_before_the_first_is_left_alone(
    tmp_path: Path, line: int
) -> None:
    file = tmp_path / "cy.c"
    file.write_text(WRITTEN.split('  /* "shop/cy.pyx":7')[0] + "}\n")
    found = found_in(
        frame("__pyx_pf_3cy_4Shop_2total", file, line),
        frame("__pyx_f_3cy_f", tmp_path / "gone.c", 3),
    )

    assert [each.written for each in found] == [None, None]


@pytest.mark.parametrize(
    ("mangled", "file", "function"),
    [
        ("__pyx_pf_2cy_run", "/x/cy.c", "run"),
        ("__pyx_pf_2cy_12run", "/x/cy.c", "run"),
        ("__pyx_pf_2cy_4Shop_2total", "/x/cy.c", "Shop.total"),
        ("__pyx_f_4shop_2cy_4Shop_total", "/x/cy.cpp", "Shop.total"),
        ("__pyx_fuse_0__pyx_pf_2cy_run", "/x/cy.c", "run"),
        ("__pyx_pymod_exec_cy", "/x/cy.c", "<module>"),
        ("main", "/x/cy.c", "main"),
    ],
)
def test_name_is_that_of_the_pyx(mangled: str, file: str, function: str) -> None:
    assert function_of(mangled, file) == function


def test_what_cython_puts_around_a_function_is_not_the_users() -> None:
    assert is_written("__pyx_f_2cy_run")
    assert not is_written("__pyx_pw_2cy_run")
    assert not is_written("__Pyx_CallUnboundCMethod0")


def test_source_is_the_line_with_those_around_it(tmp_path: Path) -> None:
    file = tmp_path / "a.c"
    file.write_text("one\n\ttwo\nthree\n")

    assert around(str(file), 1) == ((1, "one"), (2, "    two"))
    assert around(str(file), 2) == ((1, "one"), (2, "    two"), (3, "three"))
    assert around(str(file), 9) == ()
    assert around(str(tmp_path), 1) == ()
    assert around("a.c", 1) == ()
