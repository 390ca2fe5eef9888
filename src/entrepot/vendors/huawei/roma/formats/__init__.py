"""ROMA thing models as texts; knows no call."""
