"""The agent that answers a merchant, and the doors through which people reach it."""
