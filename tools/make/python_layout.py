"""Write where CPython keeps what a diagnosis reads, for the Pythons given, to layouts.json.

Each Python's own internal headers are asked, through a C program. 3.13 and later tell the same of
themselves in `_Py_DebugOffsets`, which the diagnosis prefers; the table says where in there, and
has what is not told there. Nothing in it is believed before it was checked against the process.

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


def fields(version: tuple[int, int], free: bool) -> dict[str, tuple[str, str]]:
    """Name in the table -> type and member."""
    return {**fields_of_all(version), **fields_of_some(version, free)}


RUNTIME, INTERP, TSTATE = "_PyRuntimeState", "PyInterpreterState", "PyThreadState"


def fields_of_all(version: tuple[int, int]) -> dict[str, tuple[str, str]]:
    """What each Python has, by whatever name."""
    new = version >= (3, 13)
    runtime, interp, tstate = RUNTIME, INTERP, TSTATE
    is_tripped = "ceval.signals_pending" if version == (3, 11) else "signals.is_tripped"
    return {
        "runtime.core_initialized": (runtime, "core_initialized"),
        "runtime.initialized": (runtime, "initialized"),
        "runtime.finalizing": (runtime, "_finalizing"),
        "runtime.main_thread": (runtime, "main_thread"),
        "runtime.interpreters_head": (runtime, "interpreters.head"),
        # whether Python's own handler took a signal that no Python code has looked at
        "runtime.signaled": (runtime, is_tripped),
        "interp.id": (interp, "id"),
        "interp.next": (interp, "next"),
        "interp.threads_head": (interp, "threads.head"),
        "interp.finalizing": (interp, "finalizing" if version < (3, 12) else "_finalizing"),
        "tstate.next": (tstate, "next"),
        "tstate.interp": (tstate, "interp"),
        "tstate.thread_id": (tstate, "thread_id"),
        "tstate.native_thread_id": (tstate, "native_thread_id"),
        "tstate.gilstate_counter": (tstate, "gilstate_counter"),
        "tstate.id": (tstate, "id"),
        "gil.locked": ("struct _gil_runtime_state", "locked"),
        "gil.holder": ("struct _gil_runtime_state", "last_holder"),
        "frame.previous": ("_PyInterpreterFrame", "previous"),
        "frame.code": ("_PyInterpreterFrame", "f_executable" if new else "f_code"),
        "frame.instr": ("_PyInterpreterFrame", "instr_ptr" if new else "prev_instr"),
        "frame.owner": ("_PyInterpreterFrame", "owner"),
        "code.filename": ("PyCodeObject", "co_filename"),
        "code.name": ("PyCodeObject", "co_name"),
        "code.qualname": ("PyCodeObject", "co_qualname"),
        "code.linetable": ("PyCodeObject", "co_linetable"),
        "code.firstlineno": ("PyCodeObject", "co_firstlineno"),
        "code.instructions": ("PyCodeObject", "co_code_adaptive"),
        "object.type": ("PyObject", "ob_type"),
        "type.name": ("PyTypeObject", "tp_name"),
        "bytes.size": ("PyBytesObject", "ob_base.ob_size"),
        "bytes.data": ("PyBytesObject", "ob_sval"),
        "str.length": ("PyASCIIObject", "length"),
        "str.state": ("PyASCIIObject", "state"),
    }


def fields_of_some(version: tuple[int, int], free: bool) -> dict[str, tuple[str, str]]:
    """What came, went or moved."""
    is_11, is_12 = version == (3, 11), version == (3, 12)
    runtime, interp, tstate = RUNTIME, INTERP, TSTATE
    found = {}
    if is_12:
        found["frame.code"] = ("_PyInterpreterFrame", "f_code")
    if is_11 or is_12:
        found["tstate.cframe"] = (tstate, "cframe")
        found["cframe.current_frame"] = ("_PyCFrame", "current_frame")
    else:
        found["tstate.current_frame"] = (tstate, "current_frame")
    if is_11:
        found["runtime.gil"] = (runtime, "ceval.gil")
        found["runtime.current"] = (runtime, "gilstate.tstate_current")
    else:
        found["interp.gil"] = (interp, "ceval.gil")
        found["interp.own_gil"] = (interp, "ceval.own_gil")
    if is_12:
        found["tstate.status"] = (tstate, "_status")
    if version >= (3, 13):
        found["tstate.state"] = (tstate, "state")
        for key in ("requested", "world_stopped", "requester", "thread_countdown"):
            found[f"interp.stop.{key}"] = (interp, f"stoptheworld.{key}")
            found[f"runtime.stop.{key}"] = (runtime, f"stoptheworld.{key}")
        if free:
            found["gil.enabled"] = ("struct _gil_runtime_state", "enabled")
    if free and version >= (3, 14):
        found["code.tlbc"] = ("PyCodeObject", "co_tlbc")
        found["frame.tlbc_index"] = ("_PyInterpreterFrame", "tlbc_index")
    return found


# Name in the table -> where `_Py_DebugOffsets` tells it.
TOLD = {
    "runtime.finalizing": "runtime_state.finalizing",
    "runtime.interpreters_head": "runtime_state.interpreters_head",
    "interp.id": "interpreter_state.id",
    "interp.next": "interpreter_state.next",
    "interp.threads_head": "interpreter_state.threads_head",
    "interp.gil": "interpreter_state.ceval_gil",
    "tstate.next": "thread_state.next",
    "tstate.interp": "thread_state.interp",
    "tstate.current_frame": "thread_state.current_frame",
    "tstate.thread_id": "thread_state.thread_id",
    "tstate.native_thread_id": "thread_state.native_thread_id",
    "frame.previous": "interpreter_frame.previous",
    "frame.code": "interpreter_frame.executable",
    "frame.instr": "interpreter_frame.instr_ptr",
    "frame.owner": "interpreter_frame.owner",
    "code.filename": "code_object.filename",
    "code.name": "code_object.name",
    "code.qualname": "code_object.qualname",
    "code.linetable": "code_object.linetable",
    "code.firstlineno": "code_object.firstlineno",
    "code.instructions": "code_object.co_code_adaptive",
    "object.type": "pyobject.ob_type",
    "type.name": "type_object.tp_name",
    "bytes.size": "bytes_object.ob_size",
    "bytes.data": "bytes_object.ob_sval",
    "str.length": "unicode_object.length",
    "str.state": "unicode_object.state",
}


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
    for name, (kind, member) in fields(version, free).items():
        lines.append(f'printf("{name} %zu\\n", offsetof({kind}, {member}));')
    lines.append('printf("str.ascii_size %zu\\n", sizeof(PyASCIIObject));')
    lines.append('printf("str.compact_size %zu\\n", sizeof(PyCompactUnicodeObject));')
    lines.append(
        'printf("object.refcount %zu\\n", offsetof(PyObject, ob_refcnt));'
        if not free
        else 'printf("object.refcount %zu\\n", offsetof(PyObject, ob_ref_local));'
    )
    if version >= (3, 13):
        for name, place in TOLD.items():
            lines.append(
                f'printf("told.{name} %zu\\n", offsetof(_PyRuntimeState, debug_offsets.{place}));'
            )
    return "\n".join([*lines, "return 0; }"])


def layout(python: str) -> tuple[str, Entry]:
    told = subprocess.run([python, "-c", PROBE], capture_output=True, text=True, check=True).stdout
    numbers, free, include = json.loads(told)
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
    entry: Entry = {"offsets": found, "members": fields(version, free)}
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
