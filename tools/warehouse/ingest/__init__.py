"""The machinery behind `tools.warehouse.importer`: bytes to rows, rows to typed columns, columns to canonical tables."""
