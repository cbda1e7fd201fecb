"""Starts the program: `python3 -m orchestra`, the command `orchestra`, and (copied to its top) the archive.

Written so that a Python as old as 2.7 can read it and be told that it is too old: no annotations, no f-strings.
"""

import sys

try:
    from orchestra._build import OLDEST_PYTHON
except ImportError:
    OLDEST_PYTHON = (3, 9)


def run():
    # type: () -> None
    """Carry out this process's command line and end the process with the status it earned."""
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until there is something to stop, the key ends the process; Python would show where it was loading code.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(refuse_python())
    arguments = sys.argv[1:]
    if "--version" in arguments and not set(arguments) - set(("--version", "--json")):
        show_version("--json" in arguments)
    from orchestra import unpacking

    unpacking.unpack(unpacking.__loader__)
    from orchestra import process

    process.run(arguments)


def refuse_python():
    # type: () -> int
    """Status 2, after a line on stderr that says which Python is needed."""
    sys.stderr.write(
        "orchestra: error [usage]: Python %d.%d or newer is needed; this one is %s; start it with a newer one\n"
        % (OLDEST_PYTHON + (sys.version.split()[0],))
    )
    return 2


def show_version(as_json):
    # type: (bool) -> None
    """Print the version and end the process; nothing but the needed modules is loaded on the way."""
    import errno
    import os

    from orchestra import version

    try:
        os.write(1, (version.json_text() if as_json else version.line()).encode("ascii", "backslashreplace") + b"\n")
    except OSError as error:
        # A reader that has gone, or none at all, is no failure; a full disk is.
        if error.errno in (errno.EPIPE, errno.EBADF):
            os._exit(0)
        try:
            said = "the output could not be written; %s; send it where there is room" % error.strerror
            os.write(2, ("orchestra: error [output]: %s\n" % said).encode("ascii", "backslashreplace"))
        except OSError:
            pass
        os._exit(5)
    os._exit(0)


if __name__ == "__main__":
    run()
