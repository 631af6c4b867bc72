# With as many slots as for ImageNet.
_base_ = './slotcon.py'
branch = dict(head=dict(num_slots=2048))
