"""`python -m spro_agenda` is `spro-agenda`."""

from spro_agenda.commands import main

if __name__ == "__main__":
    main()
