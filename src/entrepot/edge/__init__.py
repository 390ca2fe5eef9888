"""The outside: HTTP to requests, answers to HTTP; knows dialects only as values."""
