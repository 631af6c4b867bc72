"""Configs with a base are read by mmengine alone."""

collect_ignore = ['tiny_any.py', 'tiny_frozen.py', 'tiny_joint.py']
