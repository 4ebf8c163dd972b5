"""Run the command line from a checkout: `python cli.py merge …` (once installed: `spro-agenda merge …`)."""

import sys
from pathlib import Path

import spro_agenda

# In a checkout the folders plugins/ and calendars/ stand beside the package, in a wheel inside it.
spro_agenda.__path__.append(str(Path(__file__).resolve().parent))

if __name__ == "__main__":
    try:
        from spro_agenda.commands import main
    except ModuleNotFoundError as error:
        print(
            f"La bibliothèque « {error.name} » manque. Tapez « make demo », qui installe tout dans .venv, "
            "puis .venv/bin/python cli.py …",
            file=sys.stderr,
        )
        sys.exit(8)
    main()
