"""Which 32 bytes are an Ed25519 public key for which only its owner can sign (RFC 8032 section 5.1.3)."""

from typing import Final

_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P


def is_sound(public: bytes) -> bool:
    """Whether 32 bytes are the canonical encoding of a curve point that is not of small order (RFC 8032 section 5.1.3).

    Ed25519 libraries load points of small order and then accept signatures that nobody made.
    """
    y = int.from_bytes(public, "little") & (1 << 255) - 1
    if len(public) != 32 or y >= _P:
        return False
    # x² = (y² - 1) / (d y² + 1); with x = 0 the sign bit must be 0, and every such point is of small order.
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    if x_squared == 0 or pow(x_squared, (_P - 1) // 2, _P) != 1:
        return False
    # The order divides 8 when three doublings give the neutral element; only y is needed, by
    # y(2P) = (y² + x²) / (2 + x² - y²) and x(2P)² = (y(2P)² - 1) / (d y(2P)² + 1).
    for _ in range(3):
        y = (y * y + x_squared) * pow(2 + x_squared - y * y, -1, _P) % _P
        x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    return y != 1
