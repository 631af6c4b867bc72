"""What the parts of decoders are for, as data: classes whose modules play one role can start from each other's.

A role is, for example, the lateral convolution of level c3: FPN, UPerHead and PAFPN each have one, in lists that begin
at different levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from torch import nn

Role = tuple[str, str]
"""What it does, and to which level or as which layer: ``('lateral', 'c3')``, ``('class tower', 'layer 0')``."""


@dataclass(frozen=True)
class Series:
    """A list of modules of a class, each of which has a role.

    Attributes:
        modules: Name of the list in the class.
        what: What each does.
        by: What the list counts: ``'level'`` or ``'layer'``.
        start: Attribute that tells the first level, of those that are given, that the list counts; none if it is 0.
        chosen: Attribute that tells which of the levels that are given the class reads, by number; none if all.
        up_to: Name of a list as long as the levels; modules behind that make coarser levels, each of the one before.
        beyond: Attribute that tells from what the first of those is made.
    """

    modules: str
    what: str
    by: str = 'level'
    start: str | None = None
    chosen: str | None = None
    up_to: str | None = None
    beyond: str | None = None


LATERALS = Series('lateral_convs', 'lateral', start='start_level')
OUTPUTS = Series('fpn_convs', 'output', start='start_level', up_to='lateral_convs')
PYRAMID = (LATERALS, replace(OUTPUTS, beyond='add_extra_convs'))
TOWERS = (Series('cls_convs', 'class tower', 'layer'), Series('reg_convs', 'box tower', 'layer'))
ROLES: Mapping[str, Sequence[Series]] = MappingProxyType(
    {
        'mmseg.FPN': PYRAMID,
        'mmdet.FPN': PYRAMID,
        'mmdet.FPN_DropBlock': PYRAMID,
        'mmdet.FPN_CARAFE': (LATERALS, OUTPUTS),
        'mmdet.PAFPN': (LATERALS, OUTPUTS),
        'mmdet.NASFCOS_FPN': (Series('adapt_convs', 'lateral', start='start_level'),),
        'mmdet.NASFPN': (LATERALS,),
        'mmdet.ChannelMapper': (Series('convs', 'lateral'),),
        'mmseg.MultiLevelNeck': (Series('lateral_convs', 'lateral'),),
        'mmseg.UPerHead': (
            Series('lateral_convs', 'lateral', chosen='in_index'),
            Series('fpn_convs', 'output', chosen='in_index'),
        ),
        'mmseg.SegformerHead': (Series('convs', 'lateral', chosen='in_index'),),
        **{
            f'mmdet.{name}': TOWERS
            for name in (
                'ATSSHead',
                'AutoAssignHead',
                'CenterNetUpdateHead',
                'CondInstBboxHead',
                'DDODHead',
                'FCOSHead',
                'FoveaHead',
                'FreeAnchorRetinaHead',
                'FSAFHead',
                'GFLHead',
                'LADHead',
                'LDHead',
                'PAAHead',
                'PISARetinaHead',
                'RepPointsHead',
                'RetinaHead',
                'RTMDetHead',
                'SABLRetinaHead',
                'VFNetHead',
            )
        },
    }
)


def roles_of(kind: str, module: nn.Module, given: Sequence[str | None]) -> dict[Role, str]:
    """The roles that parts of a decoder have.

    Args:
        kind: Its class, with scope.
        module: The decoder.
        given: The encoder's levels that it is given, in their order; None where pre-training had no such level, and
            nothing where it reads another decoder.

    Returns:
        Role -> the part's place in the module. Nothing if the class is not in :data:`ROLES`.
    """
    found: dict[Role, str] = {}
    for series in ROLES.get(kind, ()):
        levels = [given[i] for i in getattr(module, series.chosen)] if series.chosen and given else list(given)
        parts: Any = module.get_submodule(series.modules)
        last = len(parts) if series.up_to is None else len(module.get_submodule(series.up_to))  # type: ignore[arg-type]
        first = getattr(module, series.start) if series.start else 0
        for i in range(len(parts)):
            role: Role | None = None
            if series.by == 'layer':
                role = series.what, f'layer {i}'
            elif i >= last and series.beyond:
                role = f'{series.what} {getattr(module, series.beyond)}', f'coarser {i - last}'
            elif i < last and first + i < len(levels) and levels[first + i] is not None:
                role = series.what, str(levels[first + i])
            if role is not None:
                found[role] = f'{series.modules}.{i}'
    return found
