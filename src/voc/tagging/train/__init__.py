"""Making the models that ship: needed by maintainers and by `voc train`, never at run time."""
