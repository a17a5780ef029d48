"""Phone numbers: which two are the same. For comparing only; what is stored stays as typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumber, ValidationResult

_EXTENSION = re.compile(
    r"(?:;\s*ext=|(?<![^\W\d_])(?:ext(?:ension|n)?|durchwahl|dw|kl(?:appe)?|poste|interno?|anexo|доб)"
    r"(?![^\W\d_])|(?<=[\d\s)])x|#|,,+|;)[\s.:]*(\d{1,9})\s*#?\s*$",
    re.IGNORECASE,
)
_LONGEST = 100  # characters; in longer texts no extension and no vanity number is looked for


@lru_cache(maxsize=65536)
def normal(number: str, region: str | None) -> str:
    """Return the form by which a number compares: equal forms are one number, "" equals nothing.

    It depends on the digits alone, never on how they are spaced or on a plus, so equal digits are
    one number whatever the parser makes of them. With a country code known it is in E.164 (`+`,
    country code, number), else the digits. An extension is appended: `+43 1 58858 ext. 12` is not
    `+43 1 58858`, but is `+43 1 5885812`, which is what one dials. Digits that can be read as a
    number of `region` (ISO 3166, two letters) and as one of another country are read in one way
    always. Letters of a vanity number (`1-800-FLOWERS`) are digits. "" stands for a blank or a
    placeholder: no digit but zeros.
    """
    region = region.upper() if region else None
    if is_blank(number):
        return ""
    digits = _digits(number)
    text = number if len(number) <= _LONGEST else digits
    if found := _EXTENSION.search(text):
        main = _canonical(_dialled(text[: found.start()], region), region)
        if main.startswith("+"):
            return main + _digits(found[1])
    return _canonical(_dialled(text, region), region)


def is_blank(number: str) -> bool:
    """Return whether it is blank or a placeholder, which alone have no form to compare by."""
    return not any(char.isdecimal() and int(char) for char in number)


def same(a: str, b: str, region: str | None) -> bool:
    """Return whether two numbers are one; blanks and placeholders are equal to nothing."""
    form = normal(a, region)
    return form != "" and form == normal(b, region)


def _digits(text: str) -> str:
    """The decimal digits of any script, in ASCII."""
    return "".join(str(int(char)) for char in text if char.isdecimal())


def _dialled(text: str, region: str | None) -> str:
    digits = _digits(text)
    if len(digits) < 8 and text.isupper() and phonenumbers.is_alpha_number(text):
        spelled = _digits(phonenumbers.convert_alpha_characters_in_number(text))
        if _canonical(spelled, region).startswith("+"):
            return spelled
    return digits


def _canonical(digits: str, region: str | None) -> str:
    digits = _without_exit_code(digits, region)
    for text, accepts in _readings(digits, region):
        parsed = _parse(text, region)
        if parsed and accepts(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return digits


def _readings(
    digits: str, region: str | None
) -> Iterator[tuple[str, Callable[[PhoneNumber], bool]]]:
    """Yield what the digits may mean, likeliest first, each with what makes it sure.

    Where the trunk prefix is 0, a number without it is international if it can be; elsewhere
    national numbers are written just so and come first.
    """
    abroad, valid = "+" + digits, phonenumbers.is_valid_number
    if region is None or region not in phonenumbers.SUPPORTED_REGIONS:
        yield abroad, valid
        return
    own = digits.startswith(str(phonenumbers.country_code_for_region(region)))
    zero_trunk = phonenumbers.ndd_prefix_for_region(region, True) == "0"
    if not digits.startswith("0") and not (own and zero_trunk):
        first, second = (abroad, digits) if own or zero_trunk else (digits, abroad)
        yield first, valid
        yield second, valid
        if zero_trunk:
            return
    at_home = abroad if own else digits
    yield at_home, _is_possible
    yield at_home, _begins_valid


def _without_exit_code(digits: str, region: str | None) -> str:
    """The digits without what one dials to leave a country: 00 anywhere, 011 in the US, ..."""
    parsed = _parse(digits, region, keep=True) if region and digits[:1] in "08" else None
    if (
        parsed
        and parsed.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_IDD
        and phonenumbers.is_valid_number(parsed)
    ):
        return f"{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"
    return digits.removeprefix("00")


def _parse(text: str, region: str | None, keep: bool = False) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region, keep_raw_input=keep)
    except phonenumbers.NumberParseException:
        return None


def _is_possible(parsed: PhoneNumber) -> bool:
    # A trunk prefix that the parser could not take off is left as a leading zero.
    if parsed.italian_leading_zero:
        return phonenumbers.is_valid_number(parsed)
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    return reason == ValidationResult.IS_POSSIBLE


def _begins_valid(parsed: PhoneNumber) -> bool:
    """Whether the number is valid but for digits too many, as an extension without its mark."""
    copy = PhoneNumber()
    copy.merge_from(parsed)
    return phonenumbers.truncate_too_long_number(copy)
