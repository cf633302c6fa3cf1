"""Deterministic domain code over one merchant's data: no model, no agent framework, no web framework."""
