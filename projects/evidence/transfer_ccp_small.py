# The same question at a size that two slow cores answer in a session: 8 labels, batches of 4 crops, and one way to set
# the rates, which nothing was tuned for: what the start holds learns at a tenth of the rate of what is new.
_base_ = './transfer_ccp.py'
work_dir = 'work_dirs/evidence/transfer_ccp_small'
starts = dict(_delete_=True, random_decoder=_base_.starts.random_decoder, encoder_decoder=_base_.starts.encoder_decoder)
protocols = dict(ccp=dict(options={'train_dataloader.batch_size': 4}))
labels = [8]
seeds = [0, 1, 2]
rates = [dict(new=1e-3, pretrained=1e-4)]
tune = None
