"""Probes: what the levels of an encoder and its decoders know before anything is fine-tuned."""

from .draws import Draw, draw_images
from .metrics import Scores, confuse, match, score
from .options import METHODS, Options
from .probing import Row, probe
from .random_start import from_scratch, with_random_decoder
from .run import Result, choose_features, evaluate, to_json
from .samples import open_dataset, open_folder, open_pair, open_split
from .split import Sample, Split
from .subjects import Subject, open_subject

__all__ = [
    'METHODS',
    'Draw',
    'Options',
    'Result',
    'Row',
    'Sample',
    'Scores',
    'Split',
    'Subject',
    'choose_features',
    'confuse',
    'draw_images',
    'evaluate',
    'from_scratch',
    'match',
    'open_dataset',
    'open_folder',
    'open_pair',
    'open_split',
    'open_subject',
    'probe',
    'score',
    'to_json',
    'with_random_decoder',
]
