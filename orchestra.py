"""Starts the program from a checkout: `python3 orchestra.py ...`, as dist/orchestra.pyz does without one.

The package beside this file has the same name; Python prefers a package to a module in one folder.
"""

import os
import sys

if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    if here not in sys.path:  # python3 -I leaves the script's folder out
        sys.path.insert(0, here)
    from orchestra.__main__ import run

    run()
