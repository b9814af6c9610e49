"""A worker's program: its modules are loaded without the collector of garbage, which has none to find meanwhile."""

import gc


def main() -> None:
    """The whole life of a worker."""
    gc.disable()  # until it serves: see serving.Server.startup
    from verify.processes import serving

    serving.main()


if __name__ == "__main__":
    main()
