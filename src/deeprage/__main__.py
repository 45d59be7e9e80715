"""`python -m deeprage` is `deeprage`."""

from deeprage.cli.app import main

if __name__ == "__main__":
    main()
