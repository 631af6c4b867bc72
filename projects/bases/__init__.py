"""Every base, alone and with a decoder, in ten short runs."""
