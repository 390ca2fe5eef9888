"""How a dialect is written: operations as values, decode and check, handles, documents; knows no vendor."""
