# The same question at a size that two slow cores answer in a session: 8 labels, batches of 4 crops, and one way to set
# the rates, which nothing was tuned for: what the start holds learns at a tenth of the rate of what is new.
work_dir = 'work_dirs/evidence/transfer_ccp_small'
starts = dict(
    random_decoder=dict(weights='work_dirs/lite0.pth', into='backbone'),
    encoder_decoder=dict(  # of python -m projects.evidence
        checkpoint='work_dirs/evidence/decon-ml-detcon-b_lite0-fpn_1xb16-6e_ccp-96px-fh/0/epoch_6.pth',
        part='encoder+decoder',
    ),
)
protocols = dict(
    ccp=dict(
        config='projects/evidence/configs/finetune/fpn_lite0_1xb8-400_ccp-128x128.py',
        metric='foreground_mIoU',
        options={'train_dataloader.batch_size': 4},
    )
)
labels = [8]
seeds = [0, 1, 2]
rates = [dict(new=1e-3, pretrained=1e-4)]
threads = 1
keep_checkpoints = False
