"""The pages that people see: short scripts that read through ``voc.queries`` and act through the workspace."""
