"""Documents as models and scores read them: in sentences, as pairs to label, frozen as a dataset."""
