"""``python -m newsml``: the command line."""

from newsml.cli.main import main

if __name__ == "__main__":
    main()
