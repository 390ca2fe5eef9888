"""What a product registry means: values, faults, use cases and ports; no wire format, SQL, clock or vendor."""
