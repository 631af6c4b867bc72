# Two overlapping views of 224 pixels; a dataset's file adds where the images are.
# Differs from the original: large JPEGs are decoded no finer than both crops need (LoadImage).
_base_ = './byol_photometrics.py'
train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    persistent_workers=True,
    drop_last=True,
    collate_fn=dict(type='default_collate'),
    sampler=dict(type='mmdecon.ViewSampler', shuffle=True),
    dataset=dict(
        type='mmdecon.ImageFolder',
        pipeline=[
            dict(type='mmdecon.LoadImage', late=True),
            dict(
                type='mmdecon.TwoViews', size=224, scale=(0.08, 1.0), min_overlap=0.01, photometric=_base_.photometrics
            ),
            dict(type='mmdecon.PackViews'),
        ],
    ),
)
