# The FCN of mmseg's shipped configs, which is also the published one for ADE20K.
# Differs from the original: the convolution that joins the input to the output is pre-trained too; it was left out.
_base_ = './r50_fcn.py'
model = dict(network=dict(decoder=dict(head=dict(head=dict(channels=512, dilation=1, concat_input=True)))))
