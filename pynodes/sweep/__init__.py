"""Many runs by one plan: axes, order, references, statistics."""
