"""Files, folders and signals: written safely, and cleaned up however a run ends."""
