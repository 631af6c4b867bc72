"""Exact against fast decoder branches, by what a fine-tuned model gains."""
