"""`python -m spro_agenda` is `spro-agenda`."""

if __name__ == "__main__":
    # Read here, since a server's workers read this module too.
    from spro_agenda.commands import main

    main()
