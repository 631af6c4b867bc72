# As published: mean and std of pixels in 0..1, applied to pixels in 0..255.
_base_ = './fcn_r50-d16_2xb8-30k_voc12aug-513x513.py'
model = dict(data_preprocessor=dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]))
