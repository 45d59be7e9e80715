"""What it is worth: metrics, scores, the leakage audit, and fitting and scoring on one split."""
