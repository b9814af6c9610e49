"""Small files that keep their readers busy for as long as they are let."""


def nested_groups(depth: int = 9) -> bytes:
    """A PDF of about 2.7 KB: transparency groups (ISO 32000-1, 11.6.6), each of which draws the next ten times."""
    group = b"/Group<</S/Transparency/I true>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R%b/Resources<</XObject<</X 5 0 R>>>>>>"
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page % group]
    bodies.append(b"<</Length 5>>stream\n/X Do\nendstream")
    inner = b"%b/Resources<</XObject<</X %d 0 R>>>>"
    bodies += [_form(inner % (group, number), b"/X Do " * 10) for number in range(6, 5 + depth)]
    bodies.append(_form(group, b"0 0 595 842 re f"))
    return document(bodies)


def document(bodies: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1, the first of them the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, table)
    return bytes(out)


def _form(entries: bytes, content: bytes) -> bytes:
    head = b"<</Type/XObject/Subtype/Form/BBox[0 0 595 842]%b/Length %d>>stream\n%b\nendstream"
    return head % (entries, len(content), content)
