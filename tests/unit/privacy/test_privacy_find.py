"""Each kind of personal data: what must be found, whole and named rightly, and what must stay."""

import pytest

from voc.errors import PrivacyError
from voc.privacy import KINDS, Span, find, mask
from voc.privacy.core import MAX_CHARACTERS

# kind: texts in which the part between « and » must be found, whole.
FOUND = {
    "PHONE": [
        "Call me on «07700 900123», signed for",
        "ring me on «+44 7700 900123»",
        "tel: «(020) 7946 0958»",
        "mobile «07700-900-123»",
        "«555-234-5678»",
        "«+1 (555) 234-5678» please",
        "my number is «2345678901»",
        "fax «01632 960 001 ext 12»",
        "«00 44 7700 900123»",
        "open 24/7 «0800 496 0000»",
        "whatsapp «+49 151 23456789»",
        "I gave 4010232137 as my order and was told to phone «01632 960001»",
    ],
    "EMAIL": ["write to «jane.doe@example.com».", "«JANE+TAG@MAIL.EXAMPLE.ORG»", "(«jane_d@example.co.uk»)"],
    "NHS_NUMBER": [
        "nhs number «943 476 5919»",
        "NHS no. «9434765919»",
        "my nhs: «943-476-5919»",
        "«943 476 5919»",
        "patient at the hospital, «9434765919»",
        "NHS number «9434765918» (mistyped: the words say what it is)",
    ],
    "POSTCODE": [
        "I live in «LS1 4AB»",
        "«SW1A 1AA»",
        "postcode: «ls14ab»",
        "my zip code is «94105»",
        "Springfield, «IL 62704»",
        "zip «10001-1234»",
    ],
    "ADDRESS": [
        "my address is «12 Acacia Avenue, Leeds»",
        "at «14 High Street» now",
        "«Flat 3, 27 Station Road»",
        "«1600 Pennsylvania Ave NW»",
        "«PO Box 1234»",
        "«221b Baker Street»",
        "at «12 high street»",
        "she moved to «PSC 0413, Box 8144\nAPO AA 42323»",
        "send it to «14 Mill Lane, Leeds, LS1 4AB»",
    ],
    "DOB": [
        "born «12/03/1980»",
        "DOB: «03-12-1980»",
        "d.o.b «1980-03-12»",
        "date of birth is «12 March 1980»",
        "date of birth. It's «6/24/1991»",
        "my birthday is «March 3rd, 1980»",
        "dob «12031980»",
    ],
    "MRN": ["MRN «12345678»", "hospital number: «A123456»", "patient id «778812»", "mrn: «H-0045612»"],
    "SSN": ["«123-45-6789»", "social security number is «123456789»"],
    "NI_NUMBER": ["«AB123456C»", "national insurance «ab 12 34 56 c»", "NI number «QQ 12 34 56 C»"],
    "IBAN": ["IBAN «GB82 WEST 1234 5698 7654 32»", "to «DE89370400440532013000» please", "«gb82west12345698765432»"],
    "CARD": [
        "«4111 1111 1111 1111»",
        "card number «4111-1111-1111-1111»",
        "amex «3782 822463 10005»",
        "my card is «123456789012»",
    ],
    "PASSPORT": ["passport «123456789»", "passport number: «AB1234567»", "passport no «C01X00T47» and"],
    "PLATE": ["my reg is «AB12 CDE»", "«AB12CDE»", "car reg: «x123 abc»"],
    "IP": ["from «192.168.0.17»", "from «2001:db8:85a3::8a2e:370:7334»"],
    "URL": ["see «https://example.com/u/123?id=9».", "«www.example.com/x»", "on «example.com/track/77123»"],
    "HANDLE": ["follow «@janedoe99» now", "insta: «jane_doe»", "my twitter handle is «jane_d99»"],
    "LICENCE": ["driving licence number «MORGA657054SM9IJ»", "driver's license number is «F162823540116»"],
    "ACCOUNT": ["sort code «12-34-56»", "bank account «12345678»"],
    "NAME": [
        "Dr «Patel» listened",
        "«Mrs Jones» was kind",
        "nurse «Betty» smiled",
        "my name is «Jane Doe»",
        "MY NAME IS «JANE DOE»",
        "my name is «jane doe» and I waited",
        "signed «A. Customer»",
        "Late again.\nKind regards,\n«Priya Shah»",
        "Yours sincerely\n«J. Smith»",
        "Hi «Sarah», where is it",
        "«Sarah» was lovely",
        "a receptionist called «Joan»",
        "I spoke to «Kwame Mensah» twice",
        "I'm «Jane O'Connor»",
        "name: «Zoë Müller»",
        "my son «Oliver» was seen",
        "«mr smith» shouted at me",
        "DR «SMITH» WAS RUDE",
        "What's your name? «Sölvi Salómonsson»",
        "«Miss Ann-Marie de Souza»",
    ],
}
CASES = [(kind, text) for kind, texts in FOUND.items() for text in texts]

KEPT = [
    # business references, even those that pass a checksum
    "My parcel never came and nobody answers, order 4010232137.",
    "order number 9434765919",
    "order no. is 9434765919",
    "my order 9434765919 is late",
    "invoice 9434765919",
    "ticket #9434765919",
    "parcel 9434765919",
    "ref: 4111111111111111",
    "tracking number 123456789012345",
    "ORD-9434765919",
    "INV9434765919",
    "booking ref AB12CDE",
    "case 02012345678",
    # numbers that are none of ours
    "it cost £1,250.00",
    "3.14159265358979",
    "paid 1,000,000,000",
    "12:30 to 14:45, or 0745 to 0830",
    "on 21/09/2021",
    "from 2019 to 2021, 2019-2020",
    "24/7, 10/10, 1-2-3",
    "appointment on 12 March 2024",
    "at 10am on 3rd May",
    "version 10.2.3.4 and v1.2.3.4",
    "5 star service, 2 miles down the road, 10 minutes up the street",
    "9434765918",
    "999.300.1.1",
    "ward 12, room 101, aged 45, covid19, B12 injection, M25, iPhone 12",
    "e1 2nd and m2 3rd",
    "500mg 3 times, 0.5 out of 10",
    "GB82 WEST 1234 5698 7654 33",
    "000-12-3456",
    "ZZ99 9ZZ",
    # names of things, and words that only look like names
    "St Mary's Hospital",
    "King George Hospital",
    "Elizabeth ward",
    "John Lewis delivered late",
    "the doctor was great, DR WAS GREAT",
    "dear sir or madam, hi team, thank you all",
    "my name is not on the list",
    "thanks, great service",
    "I am very happy. This is Great",
    "ask for help, spoke to reception, met my needs",
    "nurse practitioner, doctor who",
    "the delivery was signed by a neighbour",
    "Good Friday, Staff called Monday, thank you NHS",
    "example.com is slow",
    "shop @ the mall",
    "I was at home. It was good",
    "the Station Road clinic on the high street",
    # marks of an earlier redaction
    "My name is XXXX XXXX, paid from my bank account on XX/XX/2023",
    "my name was misspelled on the form",
    "it hit me at a point in the hip",
    "[Name redacted] was lovely, thanks to [name redacted]",
    "Dr [NAME] called [PHONE] about [NHS_NUMBER] for [NAME_2]",
]


@pytest.mark.parametrize(("kind", "marked"), CASES)
def test_personal_data_is_found_whole_and_named(kind, marked):
    start, end = marked.index("«"), marked.index("»") - 1
    text = marked.replace("«", "").replace("»", "")
    assert Span(kind, start, end) in find(text)


@pytest.mark.parametrize("text", KEPT)
def test_what_is_not_personal_stays(text):
    assert mask(text, find(text)) == text


def test_every_kind_has_a_case():
    assert set(FOUND) == set(KINDS) - {"REFERENCE"}, "references are masked on request only"


def test_all_in_one_sentence():
    text = "Dr Patel at LS1 4AB rang 07700 900123 about order 4010232137, mail jane@example.com"
    assert mask(text, find(text)) == "Dr [NAME] at [POSTCODE] rang [PHONE] about order 4010232137, mail [EMAIL]"


def test_two_numbers_side_by_side_are_two():
    text = "Ring 07700 900123 07700 900456"
    assert [text[s.start : s.end] for s in find(text)] == ["07700 900123", "07700 900456"]


def test_a_number_takes_the_nearest_word():
    assert [s.kind for s in find("My NHS number is 943 476 5919 and my order 9434765919")] == ["NHS_NUMBER"]
    assert [s.kind for s in find("order late, call 4010232137")] == ["PHONE"]


def test_names_joined_by_and_are_each_found():
    text = "thanks to Ama, Kofi and Esi in X-ray"
    assert mask(text, find(text)) == "thanks to [NAME], [NAME] and [NAME] in X-ray"


def test_text_over_the_limit_is_refused():
    with pytest.raises(PrivacyError, match="longer than 100000 characters"):
        find("a" * (MAX_CHARACTERS + 1))


def test_search_that_takes_too_long_is_refused():
    with pytest.raises(PrivacyError, match="too long"):
        find("call 07700 900123", seconds=-1)


@pytest.mark.parametrize(
    "spans", [[Span("NAME", 3, 2)], [Span("NAME", 0, 2), Span("NAME", 1, 3)], [Span("NAME", 0, 99)]]
)
def test_mask_refuses_spans_that_do_not_fit(spans):
    with pytest.raises(PrivacyError, match="overlaps"):
        mask("abcd", spans)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "1" * 100_000,
        "1 " * 50_000,
        "a.b-" * 25_000,
        "@a" * 50_000,
        "A " * 50_000,
        "Mr Aa " * 16_000,
        "at dot " * 14_000,
        "12 Aa " * 16_000,
        "one two " * 12_000,
        ":1" * 50_000,
        "Sarah and " * 10_000,
        "address " * 12_500,
        "name " * 20_000,
        "\n" * 100_000,
        "Ab12 " * 20_000,
        "((((((((((" * 10_000,
        "- " * 50_000,
        "o7" * 50_000,
        "www." * 25_000,
        "１" * 99_999,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_hostile_lengths_do_not_blow_up(text):
    # Far above what a linear search needs, and far below what a quadratic one takes.
    assert isinstance(find(text, seconds=20), list)
