"""Between ROMA's words and the canonical ones, by topic; the only place that knows both."""
