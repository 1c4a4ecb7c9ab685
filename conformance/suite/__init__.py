"""The suite's kernel: scenarios, assertions, execution, results, reports."""
