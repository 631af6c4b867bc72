"""Readers of image files, one module a family of formats, chosen by the bytes that a file begins with."""
