"""Plain text: sentences, windows, mentions. Offsets in, offsets out; knows nothing of models."""
