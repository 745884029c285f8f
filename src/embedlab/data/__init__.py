"""Lightning data modules, one per kind of data, and the samplers that name their batches."""
