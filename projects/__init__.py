"""What makes mmdecon's own evidence and pictures. Not part of the distribution; run at the top of a clone."""
