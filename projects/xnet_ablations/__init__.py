"""Does a pre-trained decoder help an xNet, and what do its parts do."""
