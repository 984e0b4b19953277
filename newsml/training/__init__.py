"""Training: from a config to a saved adapter, evaluated and calibrated on held-out groups."""
