from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.phones import normal, same

# Each row: a region, then ways to write one number there.
ONE_NUMBER = [
    (
        "AT",
        "0660 123456",
        "+43 660 123456",
        "0043660123456",
        "00 43 660/123456",
        "43660123456",
        "+43 (0)660 123456",
        "0043 (0) 660 12 34 56",
        "(0660) 123-456",
        "+43\u00a0660\u2011123456",
        "٠٦٦٠١٢٣٤٥٦",
        "\uff0b43 660 123456",
        "0660 123456 (mobil)",
        "0660 123456 MOBIL",
        "0660;123456",
        "tel:+43-660-123456",
        "\u202a+43660123456\u202c",
        " " * 300 + "0660 123456",
    ),
    ("AT", "0660 123", "0660123", "+43 660 123"),
    ("AT", "01 58858", "+43 1 58858", "0043 1 58858"),
    ("AT", "01 58858 DW 12", "+43 1 58858;ext=12", "+43 1 58858-12", "01 5885812", "01 58858x12"),
    ("AT", "+49 30 901820", "0049 30 901820", "4930901820", "+49 (0)30 901820"),
    ("AT", "+421 2 5930 1234", "00421 2 59301234", "421259301234"),
    ("AT", "+1 202 555 0123", "001 202 555 0123", "+1 (202) 555-0123"),
    ("AT", "12", "1 2", "(12)", "1-2"),
    ("at", "0660 123456", "+43660123456"),
    ("DE", "030 901820", "+4930901820", "0049 30 901820", "+49 (0) 30 / 90 18 20"),
    ("GB", "020 7946 0018", "+44 20 7946 0018", "+44 (0)20 7946 0018", "0044 2079460018"),
    ("FR", "06 12 34 56 78", "+33 6 12 34 56 78", "0033612345678"),
    ("HU", "06 1 234 5678", "+36 1 234 5678"),
    ("RU", "8 (912) 345-67-89", "+7 912 345-67-89", "79123456789"),
    ("RU", "+43 660 123456", "8~10 43 660 123456"),
    ("IT", "06 6982 1234", "+39 06 6982 1234", "0039 0669821234"),
    ("IT", "393 123 4567", "+39 393 123 4567"),
    ("ES", "912 34 56 78", "+34 912 345 678", "0034912345678"),
    ("JP", "03-3224-9999", "+81 3 3224 9999", "81332249999"),
    ("JP", "010 43 660 123456", "+43 660 123456", "0043660123456"),
    ("US", "(202) 555-0123", "202.555.0123", "1-202-555-0123", "+1 202 555 0123"),
    ("US", "(555) 123-4567", "+1 555 123 4567", "5551234567"),
    ("US", "011 43 660 123456", "+43 660 123456", "0043 660 123456"),
    ("US", "202-555-0123 x5", "+1 202 555 0123 ext. 5", "+12025550123;ext=5", "2025550123,,5"),
    ("US", "415-555-0123 x5", "+1 415 555 0123 extn 5", "(415)555-0123ext5", "4155550123 #5"),
    ("US", "+41 55 550 12 35", "41555501235", "01141555501235", "+41 (0)55 550 12 35"),
    ("US", "+47 472 12 345", "+4747212345", "4747212345", "0114747212345"),
    # Read in one way, whichever was meant: the digits are equal.
    ("US", "(472) 234-5678", "+1 472 234 5678", "4722345678", "+47 22 34 56 78"),
    ("US", "202-555-0123 x512", "+1 202 555 0123 ext. 512", "2025550123512", "12025550123512"),
    ("US", "1-800-FLOWERS", "1-800-356-9377", "+1 800 3569377", "(800) FLO-WERS"),
    (None, "+43 660 123456", "0043 660 123456", "43660123456", "+43 (0) 660 123456"),
    (None, "0660 123456", "0660/123456"),
    ("XX", "+43 660 123456", "43660123456"),
]


@pytest.mark.parametrize(("region", "forms"), [(row[0], row[1:]) for row in ONE_NUMBER])
def test_va11_a_change_of_form_is_the_same_number(
    region: str | None, forms: tuple[str, ...]
) -> None:
    assert len({normal(form, region) for form in forms}) == 1
    assert all(same(forms[0], form, region) for form in forms)


@pytest.mark.parametrize(
    ("one", "other", "region"),
    [
        ("0660 123456", "0660 123457", "AT"),
        ("0660 123456", "+49 660 123456", "AT"),
        ("0660 123456", "+43 660 123456", None),
        ("0660 123456", "+43 660 123456", "DE"),
        ("+43 1 58858", "+43 1 58858 ext. 12", "AT"),
        ("+43 1 58858 ext. 12", "+43 1 58858 ext. 13", "AT"),
        ("202-555-0123", "202-555-0123 x5", "US"),
        ("202-555-0123 x5", "202-555-0123 x6", "US"),
        ("1-800-FLOWERS", "1-800-GO-FEDEX", "US"),
        ("12", "13", "AT"),
        ("12", "012", "AT"),
        ("0660 123456", "", "AT"),
    ],
)
def test_va11_another_number_is_not_the_same(one: str, other: str, region: str | None) -> None:
    assert not same(one, other, region)


@pytest.mark.parametrize("region", ["AT", "US", None])
@pytest.mark.parametrize(
    "placeholder",
    ["", " ", "-", "--", "n/a", "N/A", "none", "unknown", "+", "0", "000000", "+00 (0)", "?", "x"],
)
def test_va11_a_blank_or_placeholder_equals_nothing(placeholder: str, region: str | None) -> None:
    assert normal(placeholder, region) == ""
    assert not same(placeholder, placeholder, region)


@pytest.mark.parametrize(
    ("number", "region", "form"),
    [
        ("0660 123456", "AT", "+43660123456"),
        ("0660 123456", None, "0660123456"),
        ("01 58858 ext. 12", "AT", "+4315885812"),
        ("12", "AT", "12"),
        ("call 12", "AT", "12"),
        ("9" * 400, "AT", "9" * 400),
        ("1#" * 5000, "AT", "1" * 5000),
    ],
)
def test_va11_the_form_is_e164_where_the_country_is_sure_else_the_digits(
    number: str, region: str | None, form: str
) -> None:
    assert normal(number, region) == form


DIGITS = st.text("0123456789", min_size=1, max_size=16)
REGIONS = st.sampled_from(["AT", "DE", "US", "IT", "ES", "RU", "HU", "GB", "JP", "AU", "SG", None])
SPACING = st.sampled_from(["", "", "", " ", "-", ".", "/", "(", ")", ") ", " (", "\u00a0", "+"])


@given(DIGITS, REGIONS, st.data())
def test_va11_equal_digits_are_the_same_number_whatever_the_parser_says(
    digits: str, region: str | None, data: st.DataObject
) -> None:
    spaced = "".join(data.draw(SPACING) + digit for digit in digits)
    assert normal(spaced, region) == normal(digits, region)
    assert same(spaced, "+" + digits, region) is (digits.strip("0") != "")


@given(st.integers(10**5, 10**9).map(str), st.sampled_from(["AT", "DE", "FR", "GB", "CH"]))
def test_va11_a_trunk_zero_stands_for_the_country_code(national: str, region: str) -> None:
    codes = {"AT": "43", "DE": "49", "FR": "33", "GB": "44", "CH": "41"}
    forms = {
        normal(form, region)
        for form in (f"+{codes[region]}{national}", f"00{codes[region]}{national}")
    }
    assert len(forms) == 1
    if forms == {f"+{codes[region]}{national}"}:
        assert forms == {normal("0" + national, region)}


@given(st.text(max_size=30), REGIONS)
def test_va11_any_text_has_a_form(text: str, region: str | None) -> None:
    form = normal(text, region)
    assert form == "" or form.removeprefix("+").isascii()
    assert same(text, text, region) is (form != "")
