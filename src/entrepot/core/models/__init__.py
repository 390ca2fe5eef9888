"""Thing models in words of no vendor: what they mean, how they differ, how they are converted and edited."""
