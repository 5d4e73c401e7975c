"""What the hard tests and `scripts/soak` share: a client that folds frames, plug-ins that recite, kills."""
