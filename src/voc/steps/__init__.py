"""The write side: one function per step of a run. Each is idempotent: run again, it finds nothing left to do."""
