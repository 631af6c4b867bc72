"""What a user chooses of a run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """What a user chooses of a run.

    Attributes:
        method: A name in :data:`METHODS`.
        folders: Of images.
        images: How many these hold.
        batch_size: Images a step and device.
        epochs: Of the run.
        fast: Whether branches are cheap instead of as published.
        init: Weights that the encoder starts from, and the prefix of their names; None for random initialisation.
        workers: Processes that load images.
        first_conv: What the channels of the encoder's first convolution start from, where ``init`` has others.
        preset: One of :data:`~mmdecon.pretrain_for.rasters.PRESETS`, where the images are no photos.
        devices: Processes that train.
        skips: Whether images that cannot be read are left out.
        value_range: Lowest and highest value of images that are no photos, which changes of values are shares of; None
            where the dtype or the files tell it.
    """

    method: str
    folders: list[str]
    images: int
    batch_size: int
    epochs: int
    fast: bool
    init: tuple[str, str] | None
    workers: int
    first_conv: str | list[str | int] | None = None
    preset: str | None = None
    value_range: tuple[float, float] | None = None
    devices: int = 1
    skips: bool = False

    @property
    def steps(self) -> int:
        """Of the whole run: each device has its share of the images, filled up, and leaves out what fills no batch."""
        return self.epochs * (-(-self.images // self.devices) // self.batch_size)
