"""The skipper command."""

import sys
import time

STARTED = time.monotonic()


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 the thing failed, 2 bad usage or config."""
    from bot.cli.root import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
