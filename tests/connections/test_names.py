from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from connections.names import PARTS, Name, edit, join, key, same, split
from tests.connections.name_table import CERTAIN, CERTAIN_OTHERWISE, UNCERTAIN, rows


@pytest.mark.parametrize(("joined", "parts"), rows(CERTAIN + CERTAIN_OTHERWISE))
def test_va7_a_certain_name_is_split(joined: str, parts: Name) -> None:
    assert split(joined) == parts


@pytest.mark.parametrize("joined", UNCERTAIN.strip().splitlines())
def test_va7_an_uncertain_name_is_not_split(joined: str) -> None:
    assert split(joined) is None


@pytest.mark.parametrize(("joined", "parts"), rows(CERTAIN))
def test_va7_parts_survive_the_round_trip(joined: str, parts: Name) -> None:
    assert key(join(parts)) in (key(joined), key(joined).replace(" ", "", 1))
    assert split(join(parts)) in (parts, None)
    assert edit(parts, join(parts)) == parts
    assert edit(parts, joined) == parts


@pytest.mark.parametrize(("joined", "parts"), rows(CERTAIN_OTHERWISE))
def test_va7_another_way_to_write_a_name_is_no_edit(joined: str, parts: Name) -> None:
    assert edit(parts, joined) == parts


@pytest.mark.parametrize("blank", ["", " ", "\u3000\n\t", ","])
def test_nothing_is_not_split(blank: str) -> None:
    assert split(blank) is None


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (Name(), ""),
        (Name(given=" Anna  Maria ", family="Huber\n"), "Anna Maria Huber"),
        (Name("Dr.", "Anna", "M.", "Huber", "MBA"), "Dr. Anna M. Huber MBA"),
        (Name(given="Madonna"), "Madonna"),
        (Name(given="太郎", family="山田"), "山田太郎"),
        (Name(given="민수", family="김"), "김민수"),
        (Name(given="小龙", family="李", suffix="先生"), "李小龙 先生"),
        (Name("Dr.", "太郎", "", "山田"), "Dr. 山田太郎"),
        (Name(given="マリ", family="田中"), "田中マリ"),
        (Name(given="ジョン", family="スミス"), "ジョン スミス"),
        (Name(given="Taro", family="山田"), "Taro 山田"),
        (Name(given="太郎", middle="K", family="山田"), "太郎 K 山田"),
        (Name(given="太郎"), "太郎"),
        (Name(given="Zoe\u0308", family="Kravitz"), "Zoë Kravitz"),
    ],
)
def test_va7_parts_are_joined(parts: Name, joined: str) -> None:
    assert join(parts) == joined


JOHN = Name("Dr.", "John", "F.", "Kennedy", "Jr.")
PLAIN = Name(given="John", family="Smith")
WHOLE = Name(family="Juan Carlos García")


@pytest.mark.parametrize(
    ("parts", "joined", "changed"),
    [
        (JOHN, "Dr. John F. Miller Jr.", {"family": "Miller"}),
        (JOHN, "Dr. Jack F. Kennedy Jr.", {"given": "Jack"}),
        (JOHN, "Dr. John Q. Kennedy Jr.", {"middle": "Q."}),
        (JOHN, "Dr. John Kennedy Jr.", {"middle": ""}),
        (JOHN, "John F. Kennedy Jr.", {"prefix": ""}),
        (JOHN, "Dr. John F. Kennedy", {"suffix": ""}),
        (JOHN, "Dr. John F. Kennedy Sr.", {"suffix": "Sr."}),
        (JOHN, "Prof. John F. Kennedy Jr.", {"prefix": "Prof."}),
        (JOHN, "Prof. Dr. John F. Kennedy Jr.", {"prefix": "Prof. Dr."}),
        (JOHN, "Dr. John F. Kennedy Jr., MBA", {"suffix": "Jr. MBA"}),
        (JOHN, "Dr. John F. de la Cruz Jr.", {"family": "de la Cruz"}),
        (PLAIN, "John  Smith", {}),
        (PLAIN, "Smith, John", {}),
        (PLAIN, "John Miller", {"family": "Miller"}),
        (PLAIN, "John Smith-Miller", {"family": "Smith-Miller"}),
        (PLAIN, "John Smith Miller", {"family": "Smith Miller"}),
        (PLAIN, "John van Smith", {"family": "van Smith"}),
        (PLAIN, "Anna John Smith", {"given": "Anna John"}),
        (PLAIN, "Johnny Smith", {"given": "Johnny"}),
        (PLAIN, "J. Smith", {"given": "J."}),
        (PLAIN, "John S.", {"family": "S."}),
        (PLAIN, "John", {"family": ""}),
        (PLAIN, "Smith", {"given": ""}),
        (PLAIN, "John F. Smith", {"middle": "F."}),
        (PLAIN, "Dr. John Smith", {"prefix": "Dr."}),
        (PLAIN, "John Smith PhD", {"suffix": "PhD"}),
        (PLAIN, "John Smith, PhD", {"suffix": "PhD"}),
        (PLAIN, "Smith, Johnny", {"given": "Johnny"}),
        (PLAIN, "john Smith", {"given": "john"}),
        (Name(given="Mary Ann", family="Smith"), "Mary Ann Jones", {"family": "Jones"}),
        (Name(given="Mary Ann", family="Smith"), "Mary Smith", {"given": "Mary"}),
        (Name("", "Mary Ann", "", "Smith"), "Mary Ann van Smith", {"family": "van Smith"}),
        (Name(given="Mary Ann"), "Mary Ann S.", {"family": "S."}),
        (Name("", "Mary", "Ann", "Smith"), "Mary Sue Smith", {"middle": "Sue"}),
        (Name("", "Juan", "", "García López"), "Juan García Pérez", {"family": "García Pérez"}),
        (Name("", "Juan", "", "García López"), "Juan García López, MBA", {"suffix": "MBA"}),
        (Name("Dr.", "", "", "Smith"), "Dr. John Smith", {"given": "John"}),
        (Name(given="Madonna"), "Madonna Ciccone", {"family": "Ciccone"}),
        (Name(family="Madonna"), "Madonna Ciccone", {"family": "Madonna Ciccone"}),
        (Name(family="Smith"), "John Smith", {"given": "John"}),
        (Name(family="Smith"), "Miller", {"family": "Miller"}),
        (Name(family="Smith"), "", {"family": ""}),
        (Name(family="Acme"), "Acme GmbH", {"family": "Acme GmbH"}),
        (Name(family="Smith (Acme)"), "Smith (Acme Corp)", {"family": "Smith (Acme Corp)"}),
        (WHOLE, "Juan Carlos García López", {"family": "Juan Carlos García López"}),
        (WHOLE, "Dr. Juan Carlos García", {"prefix": "Dr."}),
        (WHOLE, "Juan García", {"family": "Juan García"}),
        (Name("Sensei", "John", "", "Smith"), "Shihan John Smith", {"prefix": "Shihan"}),
        (Name("Dr.", "John", "", "Smith", "Jr., PhD"), "Dr. Jon Smith Jr., PhD", {"given": "Jon"}),
        (Name(given="太郎", family="山田"), "山田花子", {"given": "花子"}),
        (Name(given="太郎", family="山田"), "山田 花子", {"given": "花子"}),
        (Name(given="太郎", family="山田"), "山本太郎", {"family": "山本"}),
        (Name(given="太郎", family="山田"), "山田 太郎", {}),
        (Name(given="太郎", family="山田"), "山田太郎 様", {"suffix": "様"}),
        (Name(given="太郎", family="山田"), "山田", {"given": ""}),
        (Name(given="민수", family="김"), "김민서", {"given": "민서"}),
        (Name(given="小明", family="李"), "王小明", {"family": "王"}),
        (Name(given="Анна", family="Иванова"), "Анна Петрова", {"family": "Петрова"}),
        (
            Name(given="Анна", family="Иванова"),
            "Анна Сергеевна Иванова",
            {"middle": "Сергеевна"},
        ),
        (Name(given="محمد", family="علي"), "محمد حسن", {"family": "حسن"}),
        (Name(given="राम", family="शर्मा"), "राम वर्मा", {"family": "वर्मा"}),
    ],
)
def test_va7_an_edit_changes_only_the_part_that_changed(
    parts: Name, joined: str, changed: dict[str, str]
) -> None:
    assert edit(parts, joined) == replace(parts, **changed)


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (JOHN, "Jack Miller"),
        (JOHN, "Dr. Jack F. Miller Jr."),
        (JOHN, ""),
        (JOHN, "Dr. F. Kennedy Jr."),
        (PLAIN, ""),
        (PLAIN, "Jane Miller"),
        (PLAIN, "Smith John"),
        (PLAIN, "John Paul Smith"),
        (PLAIN, "Dr. Jane Smith"),
        (PLAIN, "Jane F. Smith"),
        (PLAIN, "John F. Miller"),
        (PLAIN, "John Miller Jr."),
        (PLAIN, "John Miller PhD"),
        (PLAIN, "JOHN SMITH"),
        (PLAIN, 'John "Jack" Smith'),
        (PLAIN, "John Smith (Acme)"),
        (PLAIN, "John Smith, Sales"),
        (PLAIN, "John Smith 2"),
        (PLAIN, "J. F. Smith"),
        (Name("", "John", "Paul", "Smith"), "Paul Smith"),
        (Name("", "John", "Paul", "Smith"), "John Paul"),
        (Name("", "John", "Paul", "Smith"), "John Paul George Smith"),
        (Name("", "Anna", "Anna", "Smith"), "Anna Smith Miller Jr."),
        (Name(given="Jon"), "John Smith"),
        (Name(family="Madonna"), "Louise Ciccone"),
        (Name("Dr.", "John", "", "Smith"), "Anna John Smith"),
        (Name(given="太郎", family="山田"), "山本花子"),
        (Name(given="太郎", family="山田"), "Taro Yamada"),
        (Name(given="明", family="李"), "李小明"),
        (Name(given="Анна", family="Иванова"), "Анна Мария Иванова"),
    ],
)
def test_va7_an_edit_that_fits_no_single_part_gives_nothing(parts: Name, joined: str) -> None:
    assert edit(parts, joined) is None


def test_va7_the_first_joined_name_is_split() -> None:
    assert edit(Name(), "Dr. Anna Huber") == Name("Dr.", "Anna", "", "Huber")
    assert edit(Name(given=" "), "Anna Huber") == Name(given="Anna", family="Huber")
    assert edit(Name(), "Juan Carlos García") is None
    assert edit(Name(), " ") == Name()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Anna Huber", "anna  HUBER ", True),
        ("Zoe\u0308", "zoë", True),
        ("Groß", "GROSS", True),
        ("Anna\u00a0Huber", "Anna Huber", True),
        ("Anna Huber", "Ann Huber", False),
        ("José", "Jose", False),
        ("", "", False),
        (" ", "\t", False),
        ("Anna", "", False),
    ],
)
def test_ma2_names_compare_casefolded_single_spaced_and_filled(
    one: str, other: str, expected: bool
) -> None:
    assert same(one, other) is expected


@given(st.text())
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert key(key(text)) == key(text)
    assert same(text, unicodedata.normalize("NFD", text)) is (key(text) != "")


# Words that can stand in one part only, so that each edit of one part is beyond doubt.
WORDS = {
    "prefix": st.sampled_from(["Dr.", "Prof. Dr.", "Mrs.", "Herr", "Dipl.-Ing."]),
    "given": st.sampled_from(["Anna", "Jean-Luc", "Zoë", "Mary", "Ioana"]),
    "middle": st.sampled_from(["Q.", "F.", "H. W.", "K"]),
    "family": st.sampled_from(["Huber", "O'Brien", "van der Berg", "de Gaulle", "McDonald"]),
    "suffix": st.sampled_from(["Jr.", "III", "PhD", "MSc MBA"]),
}
FULL_NAMES = st.builds(Name, **{part: word | st.just("") for part, word in WORDS.items()}).filter(
    lambda name: bool(name.given and name.family)
)
ANY_TEXT = st.text(st.sampled_from("aB李山マ김И.,-'\" \u0308\u200d()1\n"), max_size=8) | st.text(
    max_size=8
).filter(lambda text: "\0" not in text)
ANY_NAMES = st.builds(Name, **dict.fromkeys(PARTS, ANY_TEXT)) | FULL_NAMES


@given(FULL_NAMES)
def test_va7_known_parts_come_back_from_their_joined_name(name: Name) -> None:
    assert split(join(name)) == name


@given(FULL_NAMES, st.sampled_from(PARTS), st.data())
def test_va7_an_edit_of_one_part_is_found(name: Name, part: str, data: st.DataObject) -> None:
    removable = part not in ("given", "family")
    value = data.draw(WORDS[part] | st.just("") if removable else WORDS[part])
    edited = replace(name, **{part: value})
    assert edit(name, join(edited)) == edited


@given(
    st.sampled_from("李王张김박山森林"),
    st.sampled_from(["小龙", "民秀", "花子", "太郎"]),
    st.sampled_from(["大伟", "정은", "健一"]),
)
def test_va7_an_edit_is_found_where_no_space_is_written(family: str, old: str, new: str) -> None:
    name = Name(given=old, family=family)
    assert edit(name, family + new) == replace(name, given=new)


@given(ANY_NAMES)
def test_va7_no_edit_changes_nothing(name: Name) -> None:
    assert edit(name, join(name)) == name
    assert edit(name, f" {join(name)}\n") == name


@given(ANY_NAMES, ANY_NAMES.map(join) | ANY_TEXT)
@example(Name(given="A", family="B"), "A, B")
def test_va7_an_edit_changes_one_part_at_most(name: Name, joined: str) -> None:
    assume(join(name) != "")
    edited = edit(name, joined)
    if edited is not None:
        changed = [part for part in PARTS if getattr(edited, part) != getattr(name, part)]
        assert len(changed) <= 1
        tidy = " ".join(unicodedata.normalize("NFC", joined).split())
        assert join(edited) in (tidy, " ".join(tidy.replace(",", " ").split())) or (
            (parts := split(joined)) and join(parts) == join(edited)
        )


@given(ANY_NAMES.map(join) | ANY_TEXT)
def test_va7_a_split_loses_no_letter(joined: str) -> None:
    parts = split(joined)
    if parts is not None:
        letters = unicodedata.normalize("NFC", joined).replace(",", " ").split()
        assert sorted("".join(letters)) == sorted("".join(join(parts).split()))
