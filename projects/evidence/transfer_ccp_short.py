# The same behind a frozen encoder with an eighth and a quarter of the steps: what does a pre-trained decoder save?
_base_ = './transfer_ccp_frozen.py'
work_dir = 'work_dirs/evidence/transfer_ccp_short'
starts = dict(encoder_decoder=dict(rates=[1e-3, 3e-3, 1e-2]))
protocols = dict(
    _delete_=True,
    **{
        f'steps_{steps}': dict(
            config=_base_.protocols.ccp.config,
            metric=_base_.protocols.ccp.metric,
            options={
                **_base_.protocols.ccp.options,
                'train_cfg.max_iters': steps,
                'train_cfg.val_interval': steps,
                'default_hooks.checkpoint.interval': steps,
            },
        )
        for steps in (50, 100)
    },
)
