"""``python -m translations update|check|build``."""

from __future__ import annotations

import sys

from translations import catalogues, cldr


def main(arguments: list[str]) -> int:
    """Run a command; 1 if a catalogue has problems."""
    match arguments:
        case ["update"]:
            source = catalogues.extracted()
            for tag in catalogues.TAGS:
                catalogues.update(tag, source)
        case ["check"]:
            source = catalogues.extracted()
            found = [problem for tag in catalogues.TAGS for problem in catalogues.problems(tag, source)]
            print(*found, sep="\n" if found else "", end="\n" if found else "")
            return 1 if found else 0
        case ["build"]:
            for tag in catalogues.TAGS:
                catalogues.build(tag)
                cldr.build(tag)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
