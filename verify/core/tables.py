"""Character tables of the trade: where its characters come from and what they fold to.

The private-use code points are those that GB 18030-2000 fonts gave to characters which Unicode had no place for
yet; dots and apostrophes are what people type for the U+00B7 of 民委发〔2016〕33号 and for U+0027.
"""

from typing import Final, Literal, NamedTuple

IdType = Literal["resident", "passport", "hk_macau_permit", "taiwan_permit", "other"]
"""The types of ID (2-formats, Lookup key)."""

PRIVATE_USE: Final[dict[int, str]] = {
    0xE815: "\u2e81",
    0xE816: "\U00020087",
    0xE817: "\U00020089",
    0xE818: "\U000200cc",
    0xE819: "\u2e84",
    0xE81A: "\u3473",
    0xE81B: "\u3447",
    0xE81C: "\u2e88",
    0xE81D: "\u2e8b",
    0xE81E: "\u9fb4",
    0xE81F: "\u359e",
    0xE820: "\u361a",
    0xE821: "\u360e",
    0xE822: "\u2e8c",
    0xE823: "\u2e97",
    0xE824: "\u396e",
    0xE825: "\u3918",
    0xE826: "\u9fb5",
    0xE827: "\u39cf",
    0xE828: "\u39df",
    0xE829: "\u3a73",
    0xE82A: "\u39d0",
    0xE82B: "\u9fb6",
    0xE82C: "\u9fb7",
    0xE82D: "\u3b4e",
    0xE82E: "\u3c6e",
    0xE82F: "\u3ce0",
    0xE830: "\u2ea7",
    0xE831: "\U000215d7",
    0xE832: "\u9fb8",
    0xE833: "\u2eaa",
    0xE834: "\u4056",
    0xE835: "\u415f",
    0xE836: "\u2eae",
    0xE837: "\u4337",
    0xE838: "\u2eb3",
    0xE839: "\u2eb6",
    0xE83A: "\u2eb7",
    0xE83B: "\U0002298f",
    0xE83C: "\u43b1",
    0xE83D: "\u43ac",
    0xE83E: "\u2ebb",
    0xE83F: "\u43dd",
    0xE840: "\u44d6",
    0xE841: "\u4661",
    0xE842: "\u464c",
    0xE843: "\u9fb9",
    0xE844: "\u4723",
    0xE845: "\u4729",
    0xE846: "\u477c",
    0xE847: "\u478d",
    0xE848: "\u2eca",
    0xE849: "\u4947",
    0xE84A: "\u497a",
    0xE84B: "\u497d",
    0xE84C: "\u4982",
    0xE84D: "\u4983",
    0xE84E: "\u4985",
    0xE84F: "\u4986",
    0xE850: "\u499f",
    0xE851: "\u499b",
    0xE852: "\u49b7",
    0xE853: "\u49b6",
    0xE854: "\u9fba",
    0xE855: "\U000241fe",
    0xE856: "\u4ca3",
    0xE857: "\u4c9f",
    0xE858: "\u4ca0",
    0xE859: "\u4ca1",
    0xE85A: "\u4c77",
    0xE85B: "\u4ca2",
    0xE85C: "\u4d13",
    0xE85D: "\u4d14",
    0xE85E: "\u4d15",
    0xE85F: "\u4d16",
    0xE860: "\u4d17",
    0xE861: "\u4d18",
    0xE862: "\u4d19",
    0xE863: "\u4dae",
    0xE864: "\u9fbb",
}

MIDDLE_DOTS: Final = (
    "\u2022\u30fb\u2027\u22c5\u2219\uff0e\u0387\uff65\u2e31\u16eb"
    "\u2024\u002e\u02d9\u2218\u2e33\ua78f\u1427\u25cf\ufe52\uff61\u3002"
)
APOSTROPHES: Final = "\u2018\u2019\u02bc\uff07\u0060\u00b4"

_RADICALS: Final = (
    ("⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩",
     "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑𫜹忄心扌攵旡日月歺母民氵氺灬爫爫丬牛犭王"),
    ("⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑",
     "𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長"),
    ("⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳⼀⼁⼂⼃⼄⼅",
     "镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟一丨丶丿乙亅"),
    ("⼆⼇⼈⼉⼊⼋⼌⼍⼎⼏⼐⼑⼒⼓⼔⼕⼖⼗⼘⼙⼚⼛⼜⼝⼞⼟⼠⼡⼢⼣⼤⼥⼦⼧⼨⼩⼪⼫⼬⼭",
     "二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山"),
    ("⼮⼯⼰⼱⼲⼳⼴⼵⼶⼷⼸⼹⼺⼻⼼⼽⼾⼿⽀⽁⽂⽃⽄⽅⽆⽇⽈⽉⽊⽋⽌⽍⽎⽏⽐⽑⽒⽓⽔⽕",
     "巛工己巾干幺广廴廾弋弓彐彡彳心戈戶手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火"),
    ("⽖⽗⽘⽙⽚⽛⽜⽝⽞⽟⽠⽡⽢⽣⽤⽥⽦⽧⽨⽩⽪⽫⽬⽭⽮⽯⽰⽱⽲⽳⽴⽵⽶⽷⽸⽹⽺⽻⽼⽽",
     "爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿目矛矢石示禸禾穴立竹米糸缶网羊羽老而"),
    ("⽾⽿⾀⾁⾂⾃⾄⾅⾆⾇⾈⾉⾊⾋⾌⾍⾎⾏⾐⾑⾒⾓⾔⾕⾖⾗⾘⾙⾚⾛⾜⾝⾞⾟⾠⾡⾢⾣⾤⾥",
     "耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵邑酉釆里"),
    ("⾦⾧⾨⾩⾪⾫⾬⾭⾮⾯⾰⾱⾲⾳⾴⾵⾶⾷⾸⾹⾺⾻⾼⾽⾾⾿⿀⿁⿂⿃⿄⿅⿆⿇⿈⿉⿊⿋⿌⿍",
     "金長門阜隶隹雨靑非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎"),
    ("⿎⿏⿐⿑⿒⿓⿔⿕",
     "鼓鼠鼻齊齒龍龜龠"),
)  # fmt: skip
RADICALS: Final[dict[str, str]] = {
    radical: ideograph
    for radicals, ideographs in _RADICALS
    for radical, ideograph in zip(radicals, ideographs, strict=True)
}
"""Radicals, as PDFs and old fonts write them, and the ideographs that they are (EquivalentUnifiedIdeograph.txt)."""

_UNSEEN: Final = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2065, 0x2065),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0100, 0xE01EF),
)
UNSEEN: Final = frozenset(chr(point) for first, last in _UNSEEN for point in range(first, last + 1))
"""Characters that nobody sees, beside white space, control and format characters: variation selectors and fillers
(Unicode, Default_Ignorable_Code_Point), and the empty Braille pattern."""


class IdWords(NamedTuple):
    """What a type of ID is called in English, and in Chinese in workbooks and forms: the usual word first."""

    english: str
    words: tuple[str, ...]


ID_TYPES: Final[dict[IdType, IdWords]] = {
    "resident": IdWords(
        "Resident ID card",
        (
            "居民身份证",
            "身份证",
            "中华人民共和国居民身份证",
            "二代身份证",
            "第二代居民身份证",
            "港澳居民居住证",
            "台湾居民居住证",
            "外国人永久居留证",
            "港澳台居民居住证",
            "外国人永久居留身份证",
        ),
    ),
    "passport": IdWords("Passport", ("护照", "中国护照", "外国护照", "中华人民共和国护照")),
    "hk_macau_permit": IdWords("Hong Kong and Macau travel permit", ("港澳居民来往内地通行证", "回乡证")),
    "taiwan_permit": IdWords("Taiwan travel permit", ("台湾居民来往大陆通行证", "台胞证")),
    "other": IdWords("Other document", ("其他",)),
}
"""A new type is a name in ``IdType`` and an entry here, which workbooks, forms, commands and pages follow."""

ID_TYPE_WORDS: Final[dict[str, IdType]] = {word: kind for kind, said in ID_TYPES.items() for word in said.words}
"""Words of workbooks and forms, and the ID type that each means."""


def usual_word(id_type: IdType) -> str:
    """The word that forms offer for a type of ID."""
    return ID_TYPES[id_type].words[0]
