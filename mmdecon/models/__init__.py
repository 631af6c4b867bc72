"""Everything that trains."""

from .branch import Branch
from .data_preprocessor import ViewPreprocessor
from .decoders import NeckDecoder, SegHeadDecoder, XNet
from .decon import DeCon
from .deep_resnet import DeepResNet
from .heads import DenseHead, MapHead, PixelHead, RegionHead, SlotHead, VectorHead
from .network import Network
from .noise import GaussianNoise
from .norm import SyncBN
from .objectives import (
    DenoisingObjective,
    DenseCLObjective,
    DetConObjective,
    PixProObjective,
    SlotConObjective,
    VectorContrast,
    VectorPrediction,
)
from .positions import PositionSampler
from .region_sampler import RegionSampler
from .strict_start import TIMMBackbone
from .twin import Twin
from .with_image import WithImage

__all__ = [
    'Branch',
    'DeCon',
    'DeepResNet',
    'DenoisingObjective',
    'DenseCLObjective',
    'DenseHead',
    'DetConObjective',
    'GaussianNoise',
    'MapHead',
    'NeckDecoder',
    'Network',
    'PixProObjective',
    'PixelHead',
    'PositionSampler',
    'RegionHead',
    'RegionSampler',
    'SegHeadDecoder',
    'SlotConObjective',
    'SlotHead',
    'SyncBN',
    'TIMMBackbone',
    'Twin',
    'VectorContrast',
    'VectorHead',
    'VectorPrediction',
    'ViewPreprocessor',
    'WithImage',
    'XNet',
]
