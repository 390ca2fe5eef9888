"""Where things are kept: engines behind the core's `Store` port; knows no dialect."""
