"""Person names: joined from parts, split again, and edited in their joined form. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from connections import name_words as words


@dataclass(frozen=True, slots=True)
class Name:
    """A person name in parts; a part that is not there is ""."""

    prefix: str = ""
    given: str = ""
    middle: str = ""
    family: str = ""
    suffix: str = ""


PARTS = tuple(field.name for field in fields(Name))


# Comparing


def key(name: str) -> str:
    """Return the form by which names compare: casefolded, single-spaced, NFC. "" equals nothing."""
    folded = unicodedata.normalize("NFD", name).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def same(a: str, b: str) -> bool:
    """Return whether two names are equal and both filled [MA2]."""
    return key(a) != "" and key(a) == key(b)


# Joining

_HAN = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HANGUL = "\u1100-\u11ff\uac00-\ud7a3"
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9f"
_EASTERN_WORD = re.compile(f"[{_HAN}{_HANGUL}\u3041-\u309f{_KATAKANA}]+")
_KATAKANA_WORD = re.compile(f"[{_KATAKANA}]+")
_HANGUL_WORD = re.compile(f"[{_HANGUL}]+")


def join(name: Name) -> str:
    """Return the name in one line: single-spaced, NFC.

    Family and given name in Han, Kana or Hangul, with no middle name, are written as Chinese,
    Japanese and Korean people write them: family first, no space between. Two in Katakana alone
    are a foreigner's (ジョン スミス) and are joined like all others: given, middle, family.
    """
    return _laid_out(name, family_first=_is_eastern(name))


def _laid_out(name: Name, *, family_first: bool) -> str:
    core = (name.family + name.given,) if family_first else (name.given, name.middle, name.family)
    return _clean(" ".join((name.prefix, *core, name.suffix)))


def _is_eastern(name: Name) -> bool:
    return not name.middle.strip() and _is_eastern_pair(name.family.strip(), name.given.strip())


def _is_eastern_pair(family: str, given: str) -> bool:
    return bool(
        _EASTERN_WORD.fullmatch(family)
        and _EASTERN_WORD.fullmatch(given)
        and not (_KATAKANA_WORD.fullmatch(family) and _KATAKANA_WORD.fullmatch(given))
    )


def _clean(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


# Splitting

_LETTER = "[^\\W\\d_]"
_LATIN = "[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ\u0300-\u036f]"
_PLAIN_WORD = re.compile(f"['’]?{_LATIN}+(?:[-‐'’]{_LATIN}+)*['’]?")
_SPOKEN_WORD = re.compile(f"(?:{_LETTER}|[\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff'’ʼ.‐・=-])+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]?|[^\W\d_]")
_PATRONYMIC = re.compile(
    r"[а-яёіїґ]+(?:ович|евич|йович|ьич|овна|евна|ична|івна|ївна)", re.IGNORECASE
)

# One letter a word: p plain, i initials, v particle such as "van", u unsure.
_FORM = re.compile(r"(?P<given>p|i(?!i))(?P<middle>i*)(?P<family>v{0,3}p)")
_FAMILY_FORM = re.compile(r"v{0,3}p")
_FORENAMES_FORM = re.compile(r"(?P<given>p+|i(?!i))(?P<middle>i*)")


def split(joined: str) -> Name | None:
    """Return the parts of a joined name where they are certain, else None [VA7].

    Certain are, after known prefixes and before known suffixes: two plain words in Latin letters;
    initials between them (middle name); particles before the last word (family name); "Family,
    Given"; a Cyrillic name with its patronymic; two words in Han, Kana or Hangul (family first).
    Not so one word, three plain ones, a nickname, a company, nor a first word that in its country
    is a family name.
    """
    pieces = [piece.split() for piece in _clean(joined).split(",")]
    prefix: list[str] = []
    suffix: list[str] = []
    for number, piece in enumerate(pieces):
        while len(piece) > 1 and _known(piece[0], words.PREFIXES):
            prefix.append(piece.pop(0))
        end = len(piece)
        while end > (number == 0) and _known(piece[end - 1], words.SUFFIXES):
            end -= 1
        suffix += piece[end:]
        del piece[end:]
    match [piece for piece in pieces if piece]:
        case [core]:
            name = _split_core(core, titled=bool(prefix))
        case [family, forenames]:
            name = _split_inverted(family, forenames)
        case _:
            name = None
    return name and replace(name, prefix=" ".join(prefix), suffix=" ".join(suffix))


def _split_core(core: list[str], *, titled: bool) -> Name | None:
    if len(core) == 2 and _is_eastern_pair(core[0], core[1]):
        return _split_eastern(core[0], core[1])
    if len(core) == 3 and all(_SPOKEN_WORD.fullmatch(word) for word in core):
        if _PATRONYMIC.fullmatch(core[1]):
            return Name(given=core[0], middle=core[1], family=core[2])
        if _PATRONYMIC.fullmatch(core[2]):
            return Name(family=core[0], given=core[1], middle=core[2])
    kinds = _kinds(core)
    if found := _FORM.fullmatch(kinds):
        return Name(
            **{part: " ".join(core[slice(*found.span(part))]) for part in found.groupdict()}
        )
    is_particled = re.fullmatch("v+p", kinds) and not core[-1].islower()
    if is_particled or (kinds == "p" and titled):
        return Name(family=" ".join(core))
    return None


def _split_eastern(family: str, given: str) -> Name | None:
    reversed_hangul = _HANGUL_WORD.fullmatch(family) and len(family) > 1
    if reversed_hangul or _KATAKANA_WORD.fullmatch(family):
        return None
    return Name(given=given, family=family)


def _split_inverted(family: list[str], forenames: list[str]) -> Name | None:
    kinds = _kinds(family + forenames, inverted=True)
    found = _FORENAMES_FORM.fullmatch(kinds, len(family))
    if not found or not _FAMILY_FORM.fullmatch(kinds, 0, len(family)):
        return None
    both = family + forenames
    parts = {part: " ".join(both[slice(*found.span(part))]) for part in found.groupdict()}
    return Name(family=" ".join(family), **parts)


def _kinds(core: list[str], *, inverted: bool = False) -> str:
    """Return the kind of each word; inverted, the family name stands first and is certain."""
    all_capitals = all(word.isupper() for word in core)
    if not inverted and core[0].casefold() in words.MARIAN and words.IBERIAN.intersection(core[1:]):
        return "u"  # María del Carmen, Juan de Dios: given names with what looks like a family's
    return "".join(
        _kind(
            word,
            is_first=index == 0 and not inverted,
            is_last=index == len(core) - 1,
            all_capitals=all_capitals,
        )
        for index, word in enumerate(core)
    )


def _kind(word: str, *, is_first: bool, is_last: bool, all_capitals: bool) -> str:
    folded = word.casefold()
    if folded in words.PARTICLES and word.islower():
        return "v"
    if folded in words.CAPITAL_PARTICLES and not is_last:
        return "u" if is_first else "v"
    if _INITIALS.fullmatch(word) and word.isupper():
        return "i"
    if word.isupper() and not all_capitals and (is_first or len(word) <= 3):
        return "u"  # SMITH John; John Smith MA
    if folded in words.NOT_OF_PERSONS or (is_first and _bare(folded) in words.UNSURE_FIRST):
        return "u"
    return "p" if _PLAIN_WORD.fullmatch(word) else "u"


def _known(word: str, table: frozenset[str]) -> bool:
    folded = word.casefold().rstrip(",")
    return folded in table or folded.replace(".", "") in table


def _bare(folded: str) -> str:
    letters = unicodedata.normalize("NFD", folded.replace("đ", "d"))
    return "".join(char for char in letters if not unicodedata.combining(char))


# Editing


def edit(parts: Name, joined: str) -> Name | None:
    """Return the parts after a person made `joined` of what was `join(parts)` [VA7].

    At most one part differs then, but where there was no name before: that is a split. None where
    the edit fits no single part, or more than one.
    """
    target = _clean(joined)
    before = join(parts)
    if target == before:
        return parts
    known = split(target)
    if not before:
        return known
    if known and len(changed := _changed(parts, known)) <= 1:
        return replace(parts, **{part: getattr(known, part) for part in changed})
    options = set(_one_part_edits(parts, target))
    if not options:
        without_commas = _clean(target.replace(",", " "))
        options = {
            option
            for option in _one_part_edits(parts, without_commas)
            if option.suffix != parts.suffix
        }
    return options.pop() if len(options) == 1 else None


def _changed(old: Name, new: Name) -> list[str]:
    return [part for part in PARTS if _clean(getattr(old, part)) != _clean(getattr(new, part))]


def _one_part_edits(old: Name, target: str) -> Iterator[Name]:
    """Yield the names that differ from the old one in one part and read as the target."""
    for part in PARTS:
        for family_first in (False, True):
            # NUL is in no name.
            template = _laid_out(replace(old, **{part: "\0"}), family_first=family_first)
            left, found, right = template.partition("\0")
            value = target[len(left) : len(target) - len(right)] if found else ""
            for new in (replace(old, **{part: value.strip()}), replace(old, **{part: ""})):
                if join(new) == target and _fits(old, new, part):
                    yield new


def _fits(old: Name, new: Name, part: str) -> bool:
    """Return whether the new value of a part is one that this part can have."""
    before, after = getattr(old, part).split(), getattr(new, part).split()
    is_core = part in ("given", "family")
    if not after:
        return not (is_core and old.middle)
    if part in ("prefix", "suffix"):
        table = words.PREFIXES if part == "prefix" else words.SUFFIXES
        replaces_unknown = bool(before) and not any(_known(word, table) for word in before)
        return all(_known(word, table) for word in after) or replaces_unknown
    if part == "middle" and not (old.given and old.family):
        return False
    if is_core and len(before) == 1 and before[0] not in after and join(old) == before[0]:
        full = split(join(new))
        if full and full.given and full.family:
            return False
    is_odd = not all(_SPOKEN_WORD.fullmatch(word) for word in before)
    return all(
        is_odd or _word_fits(part, index, after)
        for index, word in enumerate(after)
        if word not in before
    )


def _word_fits(part: str, index: int, value: list[str]) -> bool:
    word, is_last = value[index], index == len(value) - 1
    if not _SPOKEN_WORD.fullmatch(word):
        return False
    if index == 0 and _known(word, words.PREFIXES):
        return False
    if is_last and _known(word, words.SUFFIXES):
        return False
    kind = _kind(word, is_first=index == 0, is_last=False, all_capitals=False)
    if kind == "i":
        return part == "middle" or (index == 0 and (part == "given" or is_last))
    return kind != "v" or part == "family"
