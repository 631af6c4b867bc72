# The same behind a frozen encoder with an eighth of the steps: what does a pre-trained decoder save?
_base_ = './transfer_ccp_frozen.py'
work_dir = 'work_dirs/evidence/transfer_ccp_short'
starts = dict(encoder_decoder=dict(rates=[1e-3, 3e-3, 1e-2]))
protocols = dict(
    _delete_=True,
    steps_50=dict(
        config=_base_.protocols.ccp.config,
        metric=_base_.protocols.ccp.metric,
        options={
            **_base_.protocols.ccp.options,
            'train_cfg.max_iters': 50,
            'train_cfg.val_interval': 50,
            'default_hooks.checkpoint.interval': 50,
        },
    ),
)
