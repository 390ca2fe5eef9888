"""ROMA Connect LINK's types, spelled as its pages spell them, by topic; knows no canonical word."""
