# Does a pre-trained decoder help where few photos have labels? Two starts have the same supervised encoder, and one of
# these a decoder that was pre-trained behind it. Run by tools/transfer.py.
work_dir = 'work_dirs/evidence/transfer_ccp'
starts = dict(
    from_scratch=dict(rates=[1e-3, 3e-3]),  # nothing is pretrained, so no rate is set apart
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
    )
)
labels = [8, 24]
seeds = [0, 1, 2, 3, 4]
rates = [1e-3, dict(new=1e-3, pretrained=1e-4), dict(new=3e-3, pretrained=3e-4)]
# One half of the 500 photos to learn from, the other to score on; the 200 of val are seen once the rates are fixed.
tune = dict(val=0.5, labels=[8], seeds=[100, 101])
threads = 1
keep_checkpoints = False
