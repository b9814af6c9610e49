"""What cannot be taken back once it is published is not begun before somebody has agreed to it."""

from verify.shared.command import Refusal


class NotAgreed(Refusal):
    """Nothing was done: whoever asked is to type ``word``, a name or how many they are, and ask again as agreed."""

    def __init__(self, told: str, word: str) -> None:
        super().__init__(told)
        self.word = word
