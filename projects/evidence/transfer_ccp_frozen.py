# Does a pre-trained decoder help where the encoder stays frozen? Both starts have the same supervised encoder; FPN and
# FPNHead are new in one, and pre-trained by DetCon-B in the other. Only the classifier is new in both.
_base_ = './transfer_ccp.py'
work_dir = 'work_dirs/evidence/transfer_ccp_frozen'
starts = dict(
    _delete_=True,
    random_decoder=dict(weights='work_dirs/lite0.pth', into='backbone', rates=[1e-3, 3e-3, 1e-2]),
    encoder_decoder=dict(  # of python -m projects.evidence
        checkpoint='work_dirs/evidence/decon-sl-detcon-b_lite0-fpn-fpnhead_1xb16-20e_ccp-96px-fh/0/epoch_20.pth',
        part='encoder+decoder',
        rates=[1e-3, 3e-3, dict(new=3e-3, pretrained=3e-4)],
    ),
)
protocols = dict(ccp=dict(options={'train_dataloader.batch_size': 4, 'model.backbone.freeze': True}))
