"""The Kafka road: one pipeline over many cities and machines. Needs the extra `kafka`; one machine does without it."""
