"""The host's tests: run it and look at what it says and how it ends.

    check.py PROGRAM CASE       CASE is one of: one-thread, many-threads, own-gil, error, interrupt,
                                interrupt-own-gil, cpp

Exit status 0: as it should be; 77: not on this Python. This file may be copied, changed and used
without any condition (MIT-0).
"""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT_S = 60
SKIPPED = 77
ALL = "2000 of 2000 items, sum "

ENDLESS = """
import host

def work(item):
    host.log("in the call")
    while True:
        pass

def tick(done):
    pass
"""

RAISES = """
def work(item):
    if item == 100:
        raise ValueError("no item 100")
    return 1.0

def tick(done):
    pass
"""


def run(*command: str) -> "tuple[int, str, str]":
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    return done.returncode, done.stdout, done.stderr


def expect(ok: bool, what: str, seen: object) -> None:
    if not ok:
        sys.exit(f"expected {what}; seen: {seen}")


def finished(*command: str) -> str:
    status, out, errors = run(*command)
    expect(
        status == 0 and out.startswith(ALL), f"status 0 and {ALL!r}", (status, out, errors[-2000:])
    )
    return out


def check_same(one: "tuple[str, ...]", many: "tuple[str, ...]") -> None:
    """Many threads give what one gives."""
    expected = finished(*one)
    seen = finished(*many)
    expect(seen == expected, repr(expected), seen)


def check_error(program: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "raises.py").write_text(RAISES)
        status, out, errors = run(program, "-t", "8", "-P", folder, "-p", "raises")
    expect(status == 1, "status 1", (status, out))
    expect("ValueError: no item 100" in errors, "the traceback on stderr", errors[-2000:])


def check_interrupt(program: str, *more: str) -> None:
    """Ctrl-C while every thread is in a call that never ends by itself."""
    threads = 4
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "endless.py").write_text(ENDLESS)
        command = [program, "-t", str(threads), "-P", folder, "-p", "endless", *more]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            for _ in range(threads):
                expect(process.stderr.readline() == b"in the call\n", "calls", "something else")
            process.send_signal(signal.SIGINT)
            try:
                out, _ = process.communicate(timeout=LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                sys.exit("the program did not end after Ctrl-C")
    expect(process.returncode == 130, "status 130", (process.returncode, out))
    expect(out.startswith(b"0 of 2000 items"), "the sum of what was done", out)


def main() -> int:
    if len(sys.argv) != 3:
        sys.stderr.write(__doc__ or "")
        return 2
    program, case = sys.argv[1:]
    if case.endswith("own-gil") and sys.version_info < (3, 12):
        return SKIPPED
    cases = {
        "one-thread": lambda: finished(program, "-t", "1"),
        "many-threads": lambda: check_same((program, "-t", "1"), (program, "-t", "8")),
        "own-gil": lambda: check_same((program, "-t", "1"), (program, "-t", "8", "-g")),
        "error": lambda: check_error(program),
        "interrupt": lambda: check_interrupt(program),
        "interrupt-own-gil": lambda: check_interrupt(program, "-g"),
        "cpp": lambda: check_same((program, "1"), (program, "8")),
    }
    if case not in cases:
        sys.exit(f"there is no case {case}")
    cases[case]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
