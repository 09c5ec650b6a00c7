"""One file per channel: its settings beside its sender."""
