"""A recursion without end, which Python stops by itself."""


def down(n: int) -> int:
    return down(n + 1) + 1


down(0)
