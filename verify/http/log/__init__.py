"""The public log, as C2SP tlog-tiles has it."""
