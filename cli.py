"""Run the command line from a checkout: `python cli.py merge …` (once installed: `spro-agenda merge …`)."""

from pathlib import Path

import spro_agenda

# In a checkout the folders plugins/ and calendars/ stand beside the package, in a wheel inside it.
spro_agenda.__path__.append(str(Path(__file__).resolve().parent))

if __name__ == "__main__":
    from spro_agenda.commands import main

    main()
