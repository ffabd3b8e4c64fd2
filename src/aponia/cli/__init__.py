"""The command line: one thin module a command, which parses, calls and prints.

Nothing heavy is imported before a command runs, so that ``aponia --help`` answers at once. Exit
codes: 0 done, 1 the input is wrong (one message, no traceback), 2 usage.
"""

from aponia.cli.main import main

__all__ = ["main"]
