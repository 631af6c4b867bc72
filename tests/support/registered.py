"""The classes that mmdecon itself registers, for tables that must have an entry for each."""

from mmengine.registry import Registry

import mmdecon.models  # noqa: F401, registers


def registered(registry: Registry, base: type) -> dict[str, type]:
    """Name -> class, of those that derive from a base and are mmdecon's own.

    Args:
        registry: One of :mod:`mmdecon.registry`.
        base: The contract.
    """
    registry.import_from_location()
    return {
        name: kind
        for name, kind in registry.module_dict.items()
        if issubclass(kind, base) and kind.__module__.startswith('mmdecon.')
    }
