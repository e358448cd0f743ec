"""Training of the name model, run by hand: ``python -m voc.privacy.train.names --data FOLDER``; needs faker."""
