"""docs/scale.md reckons: each of its equations is worked out again."""

import ast
import re

import pytest

from tests import PROJECT

TEXT = (PROJECT / "docs/scale.md").read_text("utf-8")
EQUATIONS = re.findall(r"`([^`]*[×÷][^`]*) = ([\d,.]+)`", TEXT)


def worked_out(said: str) -> float:
    """What an expression of numbers, × and ÷ comes to."""
    plain = said.replace(",", "").replace("×", "*").replace("÷", "/")
    tree = ast.parse(plain, mode="eval")
    for part in ast.walk(tree):
        assert isinstance(part, ast.Expression | ast.BinOp | ast.operator | ast.Constant), said
    value = eval(compile(tree, "docs/scale.md", "eval"))  # noqa: S307 -- numbers and operators alone, see above
    assert isinstance(value, int | float)
    return value


def test_there_are_equations_to_work_out() -> None:
    """A way of writing them that this does not find would pass."""
    assert len(EQUATIONS) == len(re.findall(r"= [\d,.]+`", TEXT)) > 10


@pytest.mark.parametrize(("said", "result"), EQUATIONS)
def test_an_equation_is_right(said: str, result: str) -> None:
    """Within half a hundredth: what is shown may be rounded."""
    assert worked_out(said) == pytest.approx(float(result.replace(",", "")), rel=0.005)


def test_what_the_chinese_summary_says_is_reckoned_above() -> None:
    """Its numbers of verifications stand in the text before it."""
    before, _, summary = TEXT.partition("## 中文摘要")
    rates = re.findall(r"约 ([\d,]+) 次", summary)
    assert len(rates) >= 5
    assert [rate for rate in rates if f"= {rate}`" not in before] == []
