"""Small files that keep their readers busy for as long as they are let."""

from tests.pdf_objects import document, form


def nested_groups(depth: int = 9) -> bytes:
    """A PDF of about 2.7 KB: transparency groups (ISO 32000-1, 11.6.6), each of which draws the next ten times."""
    group = b"/Group<</S/Transparency/I true>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R%b/Resources<</XObject<</X 5 0 R>>>>>>"
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page % group]
    bodies.append(b"<</Length 5>>stream\n/X Do\nendstream")
    inner = b"%b/Resources<</XObject<</X %d 0 R>>>>"
    bodies += [form(inner % (group, number), b"/X Do " * 10) for number in range(6, 5 + depth)]
    bodies.append(form(group, b"0 0 595 842 re f"))
    return document(bodies)
