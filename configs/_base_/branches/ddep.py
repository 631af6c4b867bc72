# One branch that finds noise (DDeP); a config adds the level, and model.noise=_base_.noise. Without a teacher.
branch = dict(
    head=dict(type='mmdecon.PixelHead'),
    objective=dict(type='mmdecon.DenoisingObjective'),
    pairs=((0, 0), (1, 1)),  # both views, each by itself
)
noise = dict(type='mmdecon.GaussianNoise', scale=0.22)
