from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from connections.names import PARTS, Name, edit, join, key, same, split

# joined | prefix | given | middle | family | suffix
CERTAIN = """
Anna Huber||Anna||Huber|
John Smith||John||Smith|
john smith||john||smith|
JOHN SMITH||JOHN||SMITH|
Jean DUPONT||Jean||DUPONT|
Jean-Luc Picard||Jean-Luc||Picard|
Mary O'Brien||Mary||O'Brien|
Mary O’Brien||Mary||O’Brien|
Gabriele D'Annunzio||Gabriele||D'Annunzio|
Ana García-López||Ana||García-López|
Leutheusser Müller-Lüdenscheidt||Leutheusser||Müller-Lüdenscheidt|
Zoë Kravitz||Zoë||Kravitz|
Łukasz Żółć||Łukasz||Żółć|
Dvořák Antonín||Dvořák||Antonín|
Björk Guðmundsdóttir||Björk||Guðmundsdóttir|
Şebnem Işıközlü||Şebnem||Işıközlü|
Bruce Lee||Bruce||Lee|
Jack Ma||Jack||Ma|
Jo Nesbø||Jo||Nesbø|
Anna Nguyễn||Anna||Nguyễn|
Anna Le||Anna||Le|
Stephen King||Stephen||King|
Jack Lord||Jack||Lord|
Al Pacino||Al||Pacino|
Ben Affleck||Ben||Affleck|
Don Johnson||Don||Johnson|
Max Mustermann||Max||Mustermann|
Ronald McDonald||Ronald||McDonald|
Mohammed Al-Fayed||Mohammed||Al-Fayed|
Naguib el-Sayed||Naguib||el-Sayed|
Ivan Ivanov||Ivan||Ivanov|
Earl Grey||Earl||Grey|
Dean Martin||Dean||Martin|
John F. Kennedy||John|F.|Kennedy|
John F Kennedy||John|F|Kennedy|
George H. W. Bush||George|H. W.|Bush|
George H.W. Bush||George|H.W.|Bush|
Samuel L. Jackson||Samuel|L.|Jackson|
Philip K. Dick||Philip|K.|Dick|
J. Smith||J.||Smith|
J.R.R. Tolkien||J.R.R.||Tolkien|
J.-P. Sartre||J.-P.||Sartre|
É. Zola||É.||Zola|
Anna M. van der Berg||Anna|M.|van der Berg|
J. van der Berg||J.||van der Berg|
Ludwig van Beethoven||Ludwig||van Beethoven|
LUDWIG VAN BEETHOVEN||LUDWIG||VAN BEETHOVEN|
Jan van der Berg||Jan||van der Berg|
Wernher von Braun||Wernher||von Braun|
Charles de Gaulle||Charles||de Gaulle|
Jean de La Fontaine||Jean||de La Fontaine|
Marine Le Pen||Marine||Le Pen|
Oscar de la Hoya||Oscar||de la Hoya|
Oscar De La Hoya||Oscar||De La Hoya|
Robert De Niro||Robert||De Niro|
Dick Van Dyke||Dick||Van Dyke|
Leonardo da Vinci||Leonardo||da Vinci|
Luca della Robbia||Luca||della Robbia|
Osama bin Laden||Osama||bin Laden|
Khalid ibn Walid||Khalid||ibn Walid|
Mohamed El Baradei||Mohamed||El Baradei|
Gerard 't Hooft||Gerard||'t Hooft|
Ruud in 't Veld||Ruud||in 't Veld|
Ursula von der Leyen||Ursula||von der Leyen|
Jutta vom Hagen||Jutta||vom Hagen|
Karl zu Guttenberg||Karl||zu Guttenberg|
Carl af Ugglas||Carl||af Ugglas|
Olivia St. John||Olivia||St. John|
Fernando dos Santos||Fernando||dos Santos|
Paulo da Silva||Paulo||da Silva|
van der Berg||||van der Berg|
de Gaulle||||de Gaulle|
Dr. Anna Huber|Dr.|Anna||Huber|
Dr Anna Huber|Dr|Anna||Huber|
DR. ANNA HUBER|DR.|ANNA||HUBER|
Prof. Dr. Anna Huber|Prof. Dr.|Anna||Huber|
Prof.Dr. Anna Huber|Prof.Dr.|Anna||Huber|
Univ.-Prof. Dr. Anna Huber|Univ.-Prof. Dr.|Anna||Huber|
Mag. Anna Huber|Mag.|Anna||Huber|
Mag.a Anna Huber|Mag.a|Anna||Huber|
Dipl.-Ing. Karl Meier|Dipl.-Ing.|Karl||Meier|
Ing. Karl Meier|Ing.|Karl||Meier|
Dr. med. Karl Meier|Dr. med.|Karl||Meier|
Mr John Smith|Mr|John||Smith|
Mr. John Smith|Mr.|John||Smith|
Mrs. Jane Doe|Mrs.|Jane||Doe|
Ms Jane Doe|Ms|Jane||Doe|
Mx. Sam Doe|Mx.|Sam||Doe|
Sir Ian McKellen|Sir|Ian||McKellen|
Herr Karl Meier|Herr|Karl||Meier|
Frau Dr. Anna Huber|Frau Dr.|Anna||Huber|
Frau Huber|Frau|||Huber|
Herr von Braun|Herr|||von Braun|
Mr. Bean|Mr.|||Bean|
Dr. Smith|Dr.|||Smith|
Mme Marie Curie|Mme|Marie||Curie|
Monsieur Jean Dupont|Monsieur|Jean||Dupont|
Sr. Juan Pérez|Sr.|Juan||Pérez|
Sra. Ana Pérez|Sra.|Ana||Pérez|
Señora Ana Pérez|Señora|Ana||Pérez|
Dott.ssa Anna Rossi|Dott.ssa|Anna||Rossi|
Signor Mario Rossi|Signor|Mario||Rossi|
Dhr. Jan de Vries|Dhr.|Jan||de Vries|
Ir. Jan Jansen|Ir.|Jan||Jansen|
JUDr. Petr Novák|JUDr.|Petr||Novák|
Capt. James T. Kirk|Capt.|James|T.|Kirk|
Rev. Martin L. King|Rev.|Martin|L.|King|
John Smith Jr.||John||Smith|Jr.
John Smith Jr||John||Smith|Jr
John Smith III||John||Smith|III
John Smith II||John||Smith|II
John Smith PhD||John||Smith|PhD
John Smith Ph.D.||John||Smith|Ph.D.
John Smith MBA||John||Smith|MBA
John Smith Esq.||John||Smith|Esq.
Anna Huber MSc||Anna||Huber|MSc
Anna Huber MSc MBA||Anna||Huber|MSc MBA
John Smith M.A.||John||Smith|M.A.
Jane Doe M.D.||Jane||Doe|M.D.
Robert Downey Jr.||Robert||Downey|Jr.
Dr. John F. Kennedy Jr. PhD|Dr.|John|F.|Kennedy|Jr. PhD
Prof. Dr. Ludwig van Beethoven MBA|Prof. Dr.|Ludwig||van Beethoven|MBA
山田 太郎||太郎||山田|
李 小龙||小龙||李|
李 明||明||李|
欧阳 娜娜||娜娜||欧阳|
田中 マリ||マリ||田中|
高橋 みなみ||みなみ||高橋|
髙橋 健||健||髙橋|
김 민수||민수||김|
이 영희||영희||이|
山田 太郎 様||太郎||山田|様
김 민수 씨||민수||김|씨
Иван Иванович Иванов||Иван|Иванович|Иванов|
Анна Сергеевна Петрова||Анна|Сергеевна|Петрова|
Роман Аркадьевич Абрамович||Роман|Аркадьевич|Абрамович|
Лев Ильич Троцкий||Лев|Ильич|Троцкий|
Леся Петрівна Косач||Леся|Петрівна|Косач|
г-н Иван Иванович Иванов|г-н|Иван|Иванович|Иванов|
"""

# What is written in another order or with other marks than join gives.
CERTAIN_OTHERWISE = """
Smith, John||John||Smith|
Kennedy, John F.||John|F.|Kennedy|
van der Berg, Anna||Anna||van der Berg|
Van der Berg, Anna Maria||Anna Maria||Van der Berg|
De Niro, Robert||Robert||De Niro|
SMITH, John||John||SMITH|
Lee, Bruce||Bruce||Lee|
Smith, J.||J.||Smith|
Smith, Dr. John|Dr.|John||Smith|
Dr. Smith, John|Dr.|John||Smith|
Smith, John, Jr.||John||Smith|Jr.
Smith Jr., John||John||Smith|Jr.
Huber, Anna, PhD, MBA||Anna||Huber|PhD MBA
John Smith, PhD||John||Smith|PhD
John Smith, Jr.||John||Smith|Jr.
John Smith Jr., PhD||John||Smith|Jr. PhD
Dr. Anna Huber, MBA|Dr.|Anna||Huber|MBA
John Smith,||John||Smith|
Иванов Иван Иванович||Иван|Иванович|Иванов|
Петрова Анна Сергеевна||Анна|Сергеевна|Петрова|
"""

UNCERTAIN = """
Madonna
Pelé
Teller
Dr.
PhD
.
-
Juan Carlos García
Gabriel García Márquez
María García López
Anna Maria Huber
Mary Ann Smith
Helena Bonham Carter
Vincent Willem van Gogh
Maria da Silva Santos
María del Carmen
María de los Ángeles
Maria de Lourdes
Juan de Dios
José Ortega y Gasset
García Márquez, Gabriel
John Smith, Google
John Smith, Sales
Smith, MA
Acme, Inc.
Smith, Jr.
Smith, John, London
J. R. R. Tolkien
J. Edgar Hoover
John S.
Malcolm X
SMITH John
TJ Miller
John Smith MA
John Smith V
DI Hans Müller
Van Morrison
De Niro
Van Le
Le Monde
El Greco
van morrison
Kim Minsu
Kim Jong-un
Lee Harvey
Li Xiaolong
Xi Jinping
Wei Zhang
Nguyễn An
Nguyễn Văn An
Trần Hưng
Đặng Hùng
Nagy János
Kovács Anna
Szabó Éva
Tanaka Yuki
King Charles
Prince Harry
Uncle Bob
Tante Anna
John "Jack" Kennedy
William (Bill) Gates
William 'Bill' Gates
John & Mary Smith
John and Mary
Hans und Anna Meier
Familie Huber
Acme GmbH
Acme Ltd
Tesla Inc.
Support Team
Info Desk
The Beatles
Hotel Sacher
John Smith 2
john@example.com
www.example.com
Agent 007
John Dr. Smith
Wm. Smith
Abd al Rahman
Mohammed Al Fayed
山田太郎
李小龙
김민수
マリ 田中
ジョン スミス
ジョン・スミス
민수 김
남궁 민
Иван Иванов
Иванов Иван
Γιώργος Παπαδόπουλος
דוד כהן
محمد علي
राम शर्मा
สมชาย ใจดี
李 Ming
Anna 李
🙂 Anna
"""


def rows(table: str) -> list[tuple[str, Name]]:
    lines = [line.split("|") for line in table.strip().splitlines() if "|" in line]
    return [(joined, Name(*parts)) for joined, *parts in lines]


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
