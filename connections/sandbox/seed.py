"""Invented people of many languages and scripts, the same ones for the same seed."""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

OVERLAP = 0.4
LONG_NOTE_LENGTH = 9000


@dataclass(frozen=True)
class Person:
    """One person as no app in particular holds them; texts may be blank.

    `emails` and `phones` are pairs of value and type (work, home, mobile, or blank); `birthday` is
    (year or None, month, day).
    """

    prefix: str = ""
    given: str = ""
    middle: str = ""
    family: str = ""
    suffix: str = ""
    emails: tuple[tuple[str, str], ...] = ()
    phones: tuple[tuple[str, str], ...] = ()
    company: str = ""
    job_title: str = ""
    street: str = ""
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country: str = ""
    website: str = ""
    birthday: tuple[int | None, int, int] | None = None
    notes: str = ""


@dataclass(frozen=True)
class _Region:
    """Names are written "native=latin" where the script is not Latin, cities "city, code"."""

    country: str
    calling_code: str
    given: str
    family: str
    streets: str
    cities: str


_REGIONS = (
    _Region(
        "Austria",
        "+43 1",
        "Anna Jürgen Lukas Magdalena Zoë Björn",
        "Huber|Größ|von der Leitner|Müller|Österreicher|Wagner-Hofer",
        "Hauptstraße|Am Graben|Kirchengasse",
        "Wien, 1010|Graz, 8010|Linz, 4020",
    ),
    _Region(
        "United Kingdom",
        "+44 20",
        "Oliver Siobhán Grace Harry Amelia",
        "Smith|O'Neill|St. John|MacDonald|Fitz William",
        "High Street|Station Road|Church Lane",
        "London, SW1A 1AA|Leeds, LS1 4DY",
    ),
    _Region(
        "Netherlands",
        "+31 20",
        "Daan Sanne Bram Femke Joris",
        "van der Berg|de Vries|van 't Hof|ten Brink|Jansen",
        "Kerkstraat|Dorpsstraat",
        "Amsterdam, 1012 AB|Utrecht, 3511 LX",
    ),
    _Region(
        "Spain",
        "+34 91",
        "José Lucía María Íñigo Núria",
        "de la Cruz|García Márquez|Núñez y Ortega|Ibáñez",
        "Calle Mayor|Gran Vía",
        "Madrid, 28013|Sevilla, 41001",
    ),
    _Region(
        "France",
        "+33 1",
        "Léa François Chloé Jean-Luc Anaïs",
        "Lefèvre|de Saint-Exupéry|Du Pont|L'Hôpital",
        "rue de la Paix|avenue Foch",
        "Paris, 75002|Lyon, 69001",
    ),
    _Region(
        "Poland",
        "+48 22",
        "Łukasz Zofia Paweł Małgorzata",
        "Wiśniewska|Wójcik|Brzęczyszczykiewicz|Żak",
        "ulica Długa",
        "Warszawa, 00-001|Łódź, 90-001",
    ),
    _Region(
        "Vietnam",
        "+84 24",
        "Minh Thảo Đức Hương",
        "Nguyễn|Trần Lê|Phạm",
        "Phố Huế",
        "Hà Nội, 100000",
    ),
    _Region(
        "Greece",
        "+30 21",
        "Ελένη=Eleni Γιώργος=Giorgos Σοφία=Sofia",
        "Παπαδόπουλος=Papadopoulos|Οικονόμου=Oikonomou",
        "Ερμού",
        "Αθήνα, 105 63",
    ),
    _Region(
        "Bulgaria",
        "+359 2",
        "Иван=Ivan Мария=Maria Димитър=Dimitar",
        "Петров=Petrov|Иванова=Ivanova|Георгиев=Georgiev",
        "улица Шипка",
        "София, 1000",
    ),
    _Region(
        "Japan",
        "+81 3",
        "花子=Hanako 太郎=Taro さくら=Sakura",
        "山田=Yamada|佐藤=Sato|小野寺=Onodera",
        "千代田",
        "東京, 100-0001",
    ),
    _Region(
        "South Korea",
        "+82 2",
        "민준=Minjun 서연=Seoyeon",
        "김=Kim|박=Park|남궁=Namgung",
        "세종대로",
        "서울, 04524",
    ),
    _Region(
        "Egypt",
        "+20 2",
        "محمد=Mohamed فاطمة=Fatima يوسف=Youssef",
        "عبد الرحمن=Abdelrahman|المصري=Elmasry",
        "شارع التحرير",
        "القاهرة, 11511",
    ),
    _Region(
        "Israel",
        "+972 3",
        "נועה=Noa דוד=David",
        "כהן=Cohen|בן דוד=Ben David",
        "דיזנגוף",
        "תל אביב, 64332",
    ),
)

_COMPANIES = (
    "Alpenblick GmbH",
    "Smith & Sons Ltd.",
    "Bakkerij De Molen",
    "Café Olé S.L.",
    "Łódzkie Szkło",
    "ソニック株式会社",
    "Наука ООД",
    "Müller, Maier & Partner",
    "O'Brien Consulting",
    "Nord/Süd Logistik",
)
_JOBS = ("Head of Sales", "Buyer", "CEO", "Geschäftsführerin", "Engineer", "Chef de projet", "営業")
_NOTES = (
    "Met at the fair.",
    "Prefers email.\nDo not call before noon.",
    "Likes <b>bold</b> ideas & 100 % honesty",
    "Zuletzt gesprochen: größere Bestellung möglich",
    "「名刺交換」",
    "👋🏽 friendly",
)

# Which oddity a person has, by the last digits of their number; the rest are ordinary.
_ODD_CYCLE = 20


def people(n: int, seed: int, *, oddities: bool = True) -> list[Person]:
    """`n` people; each address belongs to one of them.

    Without `oddities` each has a name and exactly one address; with them some have no address, a
    single name, prefix and suffix, very long notes, a birthday without a year or many channels.
    """
    return [_person(index, seed, oddities=oddities) for index in range(n)]


def side_people(n: int, seed: int, side: Literal["left", "right"]) -> list[Person]:
    """The people of one of two sides that know partly the same people.

    The first `OVERLAP` of them are on both sides with the same address; on the right their other
    data differ a little. On the left one of them is there twice under that address.
    """
    shared = int(n * OVERLAP)
    # Two runs of numbers that do not meet keep the other addresses apart.
    start = shared if side == "left" else shared + 10_000_000
    own = [_person(start + index, seed, oddities=True) for index in range(n - shared)]
    both = [_person(index, seed, oddities=True) for index in range(shared)]
    if side == "right":
        return [_varied(person, index) for index, person in enumerate(both)] + own
    if both and own:
        own[-1] = replace(own[-1], emails=both[0].emails)
    return both + own


def _person(index: int, seed: int, *, oddities: bool) -> Person:
    rng = random.Random(f"{seed}/{index}")  # noqa: S311 - repeatable, not secret
    region = _REGIONS[index % len(_REGIONS)]
    given, given_latin = _split(rng.choice(region.given.split()))
    family, family_latin = _split(rng.choice(region.family.split("|")))
    company = rng.choice(_COMPANIES) if rng.random() < 0.7 else ""
    city, _, postal_code = rng.choice(region.cities.split("|")).partition(", ")
    local = _local_part(f"{given_latin}.{family_latin}")
    person = Person(
        given=given,
        family=family,
        emails=((f"{local}.{index}@example.{rng.choice(('com', 'org', 'net'))}", "work"),),
        phones=((f"{region.calling_code} {rng.randrange(200_0000, 999_9999)}", "work"),)
        if rng.random() < 0.8
        else (),
        company=company,
        job_title=rng.choice(_JOBS) if company else "",
        street=f"{rng.choice(region.streets.split('|'))} {rng.randrange(1, 200)}",
        city=city,
        postal_code=postal_code,
        country=region.country,
        birthday=_birthday(rng) if rng.random() < 0.3 else None,
        website="https://example.com/" if rng.random() < 0.2 else "",
        notes=rng.choice(_NOTES) if rng.random() < 0.3 else "",
    )
    return _odd(person, index) if oddities else person


def _odd(person: Person, index: int) -> Person:
    address = person.emails[0][0]
    match index % _ODD_CYCLE:
        case 3:
            return replace(person, emails=())
        case 5:
            return replace(person, family="")
        case 7:
            return replace(person, given="", company="")
        case 9:
            return replace(person, prefix="Prof. Dr.", middle="M.", suffix="Jr.")
        case 11:
            return replace(person, notes=_long_note(index))
        case 13:
            return replace(person, birthday=(None, 2, 29))
        case 15:
            return replace(
                person,
                emails=((address, "work"), (f"home.{address}", "home"), (f"x.{address}", "")),
                phones=(
                    (f"+43 664 {1000000 + index}", "mobile"),
                    (f"+43 (0) 1 / {50000 + index}-12", "work"),
                    (f"0{index + 7000000}", "home"),
                ),
            )
        case 17:
            return replace(person, emails=((address.upper(), "home"),), suffix="MBA")
    return person


def _varied(person: Person, index: int) -> Person:
    match index % 4:
        case 1:
            return replace(person, job_title="Director", notes="")
        case 2:
            return replace(person, phones=(("+1 202 555 0100", "mobile"),), website="")
        case 3:
            return replace(person, given=person.given.upper(), city="")
    return person


def _split(name: str) -> tuple[str, str]:
    native, _, latin = name.partition("=")
    return native, latin or native


def _local_part(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
    return re.sub(r"[^a-z.]", "", plain.lower()).strip(".")


def _birthday(rng: random.Random) -> tuple[int | None, int, int]:
    return rng.randrange(1930, 2005), rng.randrange(1, 13), rng.randrange(1, 29)


def _long_note(index: int) -> str:
    line = f"Call {index}: größere Bestellung möglich, Rückruf vereinbart. "
    return (line * (LONG_NOTE_LENGTH // len(line) + 1))[:LONG_NOTE_LENGTH].rstrip()
