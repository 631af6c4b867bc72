"""Image files: listing, reading, cropping and resizing them, and seeding random augmentation.

Both ``mmdecon.datasets`` and ``mmdecon.regions`` build on this package.
"""
