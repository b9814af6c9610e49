"""An invented centre: its settings, workbooks and the demonstration."""
