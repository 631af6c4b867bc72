"""mmdecon's registry nodes, one for each kind of class that mmdecon adds.

Each is a direct child of mmengine's root, so that ``type='mmdecon.DeCon'`` is found from any scope (a node below
mmpretrain's would not be). mmengine imports ``locations`` on the first look-up.
"""

from collections.abc import Mapping
from typing import Any

from torch import nn

from .compat import name_distributions, require

require('mmengine', 'mmcv', 'mmpretrain', 'mmseg')
name_distributions()

from mmengine import registry as root  # noqa: E402, after the check, whose message says more

MODELS = root.Registry('model', parent=root.MODELS, locations=['mmdecon.models', 'mmdecon.downstream'])
DATASETS = root.Registry('dataset', parent=root.DATASETS, locations=['mmdecon.datasets'])
DATA_SAMPLERS = root.Registry('data sampler', parent=root.DATA_SAMPLERS, locations=['mmdecon.datasets'])
TRANSFORMS = root.Registry('transform', parent=root.TRANSFORMS, locations=['mmdecon.datasets'])
METRICS = root.Registry('metric', parent=root.METRICS, locations=['mmdecon.downstream'])
HOOKS = root.Registry('hook', parent=root.HOOKS, locations=['mmdecon.hooks'])
OPTIM_WRAPPERS = root.Registry('optim_wrapper', parent=root.OPTIM_WRAPPERS, locations=['mmdecon.engine'])
OPTIM_WRAPPER_CONSTRUCTORS = root.Registry(
    'optimizer wrapper constructor', parent=root.OPTIM_WRAPPER_CONSTRUCTORS, locations=['mmdecon.engine']
)
STRATEGIES = root.Registry('strategy', parent=root.STRATEGIES)  # mmdecon.sharding's, where a config imports that

LAYOUTS = root.Registry('layout', locations=['mmdecon.export.layouts'])  # looked up by name, never built by a config
REGIONS = root.Registry('region generator', parent=root.TASK_UTILS, locations=['mmdecon.regions'])


def build_foreign(config: Mapping[str, Any], **defaults: Any) -> nn.Module:
    """Builds a model of another package, such as ``mmseg.FCNHead``, as if that package's scope were the default one.

    The package's code names its own losses and layers without a scope, which are found in its own scope alone.

    Args:
        config: With ``type``, and perhaps ``_scope_``, which then decides.
        **defaults: Arguments for what the config leaves out.
    """
    scope = config['type'].rpartition('.')[0] if isinstance(config['type'], str) else ''
    return MODELS.build({**({'_scope_': scope} if scope else {}), **config}, default_args=defaults)


__all__ = [
    'MODELS',
    'DATASETS',
    'DATA_SAMPLERS',
    'TRANSFORMS',
    'METRICS',
    'HOOKS',
    'OPTIM_WRAPPERS',
    'OPTIM_WRAPPER_CONSTRUCTORS',
    'STRATEGIES',
    'LAYOUTS',
    'REGIONS',
    'build_foreign',
]
