# With the published code's teachers: they move by a cosine of twice the pace, and the decoder's prototypes not at all.
_base_ = './decon-ml-slotcon_r50-fpn_8xb64-coslr-800e_coco.py'
model = dict(momentum=dict(schedule='published_decon', start=0.99))
