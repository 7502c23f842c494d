"""Write where CPython keeps what a diagnosis reads, for the Pythons given, to layouts.json.

Each Python's own internal headers are asked, through a C program. 3.13 and later have most of it
in `_Py_DebugOffsets`, which the diagnosis prefers; the table says where in there, and has the rest.
Nothing in it is believed before it was checked against the process.

    python3 tools/make/python_layout.py PYTHON...
    python3.15 tools/make/python_layout.py --print > 3.15.json   (elsewhere; then --merge 3.15.json)
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parents[2] / "pynodes" / "diagnose" / "layouts.json"
Entry = dict[str, dict[str, Any]]

PROBE = """
import sys, sysconfig, json
print(json.dumps([list(sys.version_info[:2]), bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
                  sysconfig.get_path("include")]))
"""


R, INTERP, T = "_PyRuntimeState", "PyInterpreterState", "PyThreadState"
G, F, CODE = "struct _gil_runtime_state", "_PyInterpreterFrame", "PyCodeObject"
# Name in the table, type, member; then, where it is not "", 11 and 99: the place where
# `_Py_DebugOffsets` has it, the first minor version and the last.
FIELDS: tuple[tuple[Any, ...], ...] = (
    ("runtime.core_initialized", R, "core_initialized"),
    ("runtime.initialized", R, "initialized"),
    ("runtime.finalizing", R, "_finalizing", "runtime_state.finalizing"),
    ("runtime.main_thread", R, "main_thread"),
    ("runtime.interpreters_head", R, "interpreters.head", "runtime_state.interpreters_head"),
    # whether Python's own handler took a signal that no Python code has looked at
    ("runtime.signaled", R, "ceval.signals_pending", "", 11, 11),
    ("runtime.signaled", R, "signals.is_tripped", "", 12),
    ("interp.id", INTERP, "id", "interpreter_state.id"),
    ("interp.next", INTERP, "next", "interpreter_state.next"),
    ("interp.threads_head", INTERP, "threads.head", "interpreter_state.threads_head"),
    ("interp.finalizing", INTERP, "finalizing", "", 11, 11),
    ("interp.finalizing", INTERP, "_finalizing", "", 12),
    ("tstate.next", T, "next", "thread_state.next"),
    ("tstate.interp", T, "interp", "thread_state.interp"),
    ("tstate.thread_id", T, "thread_id", "thread_state.thread_id"),
    ("tstate.native_thread_id", T, "native_thread_id", "thread_state.native_thread_id"),
    ("tstate.gilstate_counter", T, "gilstate_counter"),
    ("tstate.id", T, "id"),
    ("gil.locked", G, "locked"),
    ("gil.holder", G, "last_holder"),
    ("gil.switches", G, "switch_number"),
    ("frame.previous", F, "previous", "interpreter_frame.previous"),
    ("frame.code", F, "f_code", "", 11, 12),
    ("frame.code", F, "f_executable", "interpreter_frame.executable", 13),
    ("frame.instr", F, "prev_instr", "", 11, 12),
    ("frame.instr", F, "instr_ptr", "interpreter_frame.instr_ptr", 13),
    ("frame.owner", F, "owner", "interpreter_frame.owner"),
    ("code.filename", CODE, "co_filename", "code_object.filename"),
    ("code.name", CODE, "co_name", "code_object.name"),
    ("code.qualname", CODE, "co_qualname", "code_object.qualname"),
    ("code.linetable", CODE, "co_linetable", "code_object.linetable"),
    ("code.firstlineno", CODE, "co_firstlineno", "code_object.firstlineno"),
    ("code.instructions", CODE, "co_code_adaptive", "code_object.co_code_adaptive"),
    ("object.type", "PyObject", "ob_type", "pyobject.ob_type"),
    ("type.name", "PyTypeObject", "tp_name", "type_object.tp_name"),
    ("bytes.size", "PyBytesObject", "ob_base.ob_size", "bytes_object.ob_size"),
    ("bytes.data", "PyBytesObject", "ob_sval", "bytes_object.ob_sval"),
    ("str.length", "PyASCIIObject", "length", "unicode_object.length"),
    ("str.state", "PyASCIIObject", "state", "unicode_object.state"),
    ("tstate.cframe", T, "cframe", "", 11, 12),
    ("cframe.current_frame", "_PyCFrame", "current_frame", "", 11, 12),
    ("tstate.current_frame", T, "current_frame", "thread_state.current_frame", 13),
    ("runtime.gil", R, "ceval.gil", "", 11, 11),
    ("runtime.current", R, "gilstate.tstate_current", "", 11, 11),
    ("interp.gil", INTERP, "ceval.gil", "interpreter_state.ceval_gil", 12),
    ("interp.own_gil", INTERP, "ceval.own_gil", "", 12),
    ("tstate.status", T, "_status", "", 12, 12),
    ("tstate.state", T, "state", "", 13),
    *(
        (f"{whose}.stop.{key}", kind, f"stoptheworld.{key}", "", 13)
        for key in ("requested", "world_stopped", "requester", "thread_countdown")
        for whose, kind in (("interp", INTERP), ("runtime", R))
    ),
)
# What a trace reads besides; no debug information is asked for it.
TRACED_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("gil.interval", G, "interval"),
    ("gc.collecting", INTERP, "gc.collecting"),
    ("gc.stats", INTERP, "gc.generation_stats", "", 11, 14),
    ("gc.stats_at", INTERP, "gc.generation_stats", "", 15),
    ("gc.collections", "struct gc_generation_stats", "collections"),
    ("gc.collected", "struct gc_generation_stats", "collected"),
    *(
        (f"gc.{name}{what}", "struct gc_stats", f"{member}.{part}", "", 15)
        for name, member in (("young", "young"), ("middle", "old[0]"), ("old", "old[1]"))
        for what, part in (("", "items"), ("_index", "index"))
    ),
)
# The same for Pythons without a GIL alone.
FREE_FIELDS: tuple[tuple[Any, ...], ...] = (
    ("gil.enabled", G, "enabled", "", 13),
    ("code.tlbc", CODE, "co_tlbc", "", 14),
    ("frame.tlbc_index", F, "tlbc_index", "", 14),
)
FREE_TRACED: tuple[tuple[Any, ...], ...] = (
    ("tstate.section", T, "critical_section", "", 13),
    ("section.mutex", "struct PyCriticalSection", "_cs_mutex", "", 13),
)


def fields(
    version: tuple[int, int], rows: tuple[tuple[Any, ...], ...]
) -> dict[str, tuple[str, str, str]]:
    """Name in the table -> type, member, and its place in `_Py_DebugOffsets` or an empty one."""
    found = {}
    for name, kind, member, *rest in rows:
        given: list[Any] = [*rest, *["", 11, 99][len(rest) :]]
        place, first, last = given
        if first <= version[1] <= last:
            found[name] = (kind, member, place if version >= (3, 13) else "")
    return found


def diagnosed(free: bool) -> tuple[tuple[Any, ...], ...]:
    return (*FIELDS, *(FREE_FIELDS if free else ()))


def program(version: tuple[int, int], free: bool) -> str:
    lines = [
        "#define Py_BUILD_CORE 1",
        "#include <Python.h>",
        '#include "internal/pycore_runtime.h"',
        '#include "internal/pycore_interp.h"',
        '#include "internal/pycore_frame.h"',
        '#include "internal/pycore_gil.h"',
    ]
    if version >= (3, 14):
        lines.append('#include "internal/pycore_interpframe.h"')
    lines += ["#include <stdio.h>", "int main(void) {"]
    traced = (*TRACED_FIELDS, *(FREE_TRACED if free else ()))
    for name, (kind, member, place) in fields(version, (*diagnosed(free), *traced)).items():
        lines.append(f'printf("{name} %zu\\n", offsetof({kind}, {member}));')
        if place:
            whole = f"offsetof(_PyRuntimeState, debug_offsets.{place})"
            lines.append(f'printf("debug.{name} %zu\\n", {whole});')
    lines.append('printf("str.ascii_size %zu\\n", sizeof(PyASCIIObject));')
    lines.append('printf("gc.size %zu\\n", sizeof(struct gc_generation_stats));')
    lines.append(f'printf("gil.size %zu\\n", sizeof({G}));')
    lines.append('printf("str.compact_size %zu\\n", sizeof(PyCompactUnicodeObject));')
    refcount = "ob_ref_local" if free else "ob_refcnt"
    lines.append(f'printf("object.refcount %zu\\n", offsetof(PyObject, {refcount}));')
    return "\n".join([*lines, "return 0; }"])


def layout(python: str) -> tuple[str, Entry]:
    said = subprocess.run([python, "-c", PROBE], capture_output=True, text=True, check=True).stdout
    numbers, free, include = json.loads(said)
    version = (numbers[0], numbers[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "layout.c").write_text(program(version, free))
        command = ["cc", "-w", f"-I{include}", f"-I{include}/internal", "layout.c", "-o", "layout"]
        subprocess.run(command, check=True, cwd=folder)
        lines = subprocess.run(
            [folder / "layout"], capture_output=True, text=True, check=True
        ).stdout.splitlines()
    found = {name: int(offset) for name, offset in (line.split() for line in lines)}
    members = {name: ".".join(row[:2]) for name, row in fields(version, diagnosed(free)).items()}
    entry: Entry = {"offsets": found, "members": members}
    return f"{version[0]}.{version[1]}{'t' if free else ''}", entry


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("pythons", nargs="*")
    parser.add_argument("--print", action="store_true", help="print, write nothing")
    parser.add_argument("--merge", nargs="*", default=[], help="tables printed elsewhere")
    options = parser.parse_args()
    table = dict(map(layout, options.pythons or ([sys.executable] if options.print else [])))
    if options.print:
        print(json.dumps(table))
        return 0
    known = json.loads(OUT.read_text()) if OUT.exists() else {}
    for name in options.merge:
        table |= json.loads(Path(name).read_text())
    known |= table
    OUT.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    print(f"{OUT}: {', '.join(sorted(known))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
