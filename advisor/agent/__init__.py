"""The turn as a graph: state, nodes, tool runner and wiring."""
