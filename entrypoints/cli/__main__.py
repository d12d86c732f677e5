"""``python -m entrypoints.cli``: the command, where no script of it is installed."""

import sys

from entrypoints.cli.main import main

sys.exit(main())
