"""Image files: finding, reading and seeding them; below data sets and regions, which both use it."""
