"""What OpenCV does not check in a PNG."""

from struct import unpack_from

START = 8  # bytes of the signature


def find_overlong(content: bytes) -> int | None:
    """Finds a chunk that claims to be longer than the rest of the file; OpenCV would reserve memory for all of it.

    Args:
        content: The bytes of the file.

    Returns:
        The position of the chunk in bytes, or None.
    """
    at = START
    while at + 8 <= len(content):
        (length,) = unpack_from('>L', content, at)
        if length > len(content) - at - 8:
            return at
        if content.startswith(b'IEND', at + 4):
            break
        at += 12 + length  # length, kind, data, checksum
    return None
