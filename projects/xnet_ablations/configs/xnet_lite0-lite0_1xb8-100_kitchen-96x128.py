_base_ = ['../../../configs/xnet/xnet_lite0-lite0_1xb8-600_kitchen-240x320.py', './_base_/kitchen.py']
train_dataloader, val_dataloader = _base_.small.train_dataloader, _base_.small.val_dataloader
test_dataloader = val_dataloader
train_cfg, param_scheduler = _base_.small.train_cfg, _base_.small.param_scheduler
default_hooks, optim_wrapper = _base_.small.default_hooks, _base_.small.optim_wrapper
