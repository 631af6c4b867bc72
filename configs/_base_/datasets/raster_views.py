# Two views of images of any channels and dtype; a data set's file says how their values change.
_base_ = ['./two_views.py']
two_views = dict(type='mmdecon.TwoViews', size=224, scale=(0.2, 1.0), min_overlap=0.01)
