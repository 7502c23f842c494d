"""The `pynodes` command, also as `python -m pynodes`: what fails before there is a command line."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line and return its exit status.

    Also where memory or descriptors do not last until it is loaded, that is an error in our form.
    """
    gc.set_threshold(50_000)  # what is loaded stays: to look through it again and again is no use
    try:
        return _run()
    finally:
        gc.freeze()  # nor is it to look through it all once more at the end


def _run() -> int:
    from pynodes.errors import form_lines
    from pynodes.failures import explained

    try:
        from pynodes import cli
    except Exception as error:
        found = explained(error)
        lines = form_lines(found.what, found.where, found.help, found.detail)
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        return found.exit_code
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
