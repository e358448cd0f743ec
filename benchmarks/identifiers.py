"""Identifiers with valid checksums in sentences of our own, and order numbers beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Item = tuple[str, list[tuple[int, int]], object]

SEED = 20_241
_SAYS = {
    "PHONE": ("Ring me on {} after six.", "My mobile is {}", "{} is the best number for me", "They never called {}."),
    "EMAIL": ("Write to {} please", "my e-mail: {}", "I used {} to sign up"),
    "NHS_NUMBER": ("NHS number {}", "My NHS no. is {} and they lost my notes", "patient, NHS {}"),
    "POSTCODE": ("We live at {}", "postcode {}", "The clinic near {} closed"),
    "CARD": ("Card {} was charged twice", "I paid with {}", "my card number is {}."),
    "IBAN": ("Refund to IBAN {} please", "pay {}"),
    "NI_NUMBER": ("National insurance number {}", "NI {}"),
    "SSN": ("my SSN is {}", "social security {}"),
    "MRN": ("MRN {}", "hospital number {}"),
    "IP": ("from the address {}", "IP: {} was blocked"),
}
_ORDER = (
    "order {}",
    "My order number is {}",
    "order no. {} never came",
    "invoice {}",
    "ref {}",
    "parcel {} is lost",
    "ticket #{}",
)


def identifier(random: Random) -> Item:
    kind = random.choice(list(_SAYS))
    value = VALUES[kind](random)
    before, after = random.choice(_SAYS[kind]).split("{}")
    return before + value + after, [(len(before), len(before) + len(value))], before + kind + after


def order(random: Random) -> tuple[str, int, int]:
    # Half of them pass the check of an NHS number, which is what makes this hard.
    value = nhs(random) if random.random() < 0.5 else str(random.randrange(10**9, 10**10))
    before, after = random.choice(_ORDER).split("{}")
    return before + value + after, len(before), len(before) + len(value)


def digits(random: Random, n: int) -> str:
    return "".join(random.choice("0123456789") for _ in range(n))


def nhs(random: Random) -> str:
    while True:
        head = random.choice("46") + digits(random, 8)
        check = 11 - sum(int(c) * w for c, w in zip(head, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return head + str(check % 11)


def spaced_nhs(random: Random) -> str:
    value = nhs(random)
    return random.choice((value, f"{value[:3]} {value[3:6]} {value[6:]}"))


def card(random: Random) -> str:
    from voc.privacy.checks import luhn

    head = random.choice(("4", "51", "37"))
    body = head + digits(random, (14 if head == "37" else 15) - len(head))
    value = next(body + d for d in "0123456789" if luhn(body + d))
    spaced = random.random() < 0.5 and len(value) == 16
    return " ".join(value[i : i + 4] for i in range(0, 16, 4)) if spaced else value


def iban(random: Random) -> str:
    body = "NWBK" + digits(random, 14)
    rest = int("".join(str(int(c, 36)) for c in f"{body}GB00")) % 97
    value = f"GB{98 - rest:02d}{body}"
    return " ".join(value[i : i + 4] for i in range(0, 22, 4)) if random.random() < 0.5 else value


def phone(random: Random) -> str:
    return random.choice(
        (f"07{digits(random, 3)} {digits(random, 6)}", f"+44 7{digits(random, 9)}", f"0113 496 {digits(random, 4)}")
    )


def email(random: Random) -> str:
    return (
        f"{random.choice(('jo', 'ana.k', 'x_77'))}{digits(random, 2)}@{random.choice(('example.com', 'a.example.org'))}"
    )


def postcode(random: Random) -> str:
    area, end = random.choice(("LS", "M", "SW", "NE", "B")), random.choice(("AB", "QT", "XY"))
    return f"{area}{random.randrange(1, 20)} {random.randrange(1, 10)}{end}"


def national_insurance(random: Random) -> str:
    pairs = " ".join(digits(random, 2) for _ in range(3))
    return f"{random.choice(('AB', 'JG', 'PX'))} {pairs} {random.choice('ABCD')}"


VALUES: dict[str, Callable[[Random], str]] = {
    "PHONE": phone,
    "EMAIL": email,
    "NHS_NUMBER": spaced_nhs,
    "POSTCODE": postcode,
    "CARD": card,
    "IBAN": iban,
    "NI_NUMBER": national_insurance,
    "SSN": lambda r: f"{r.randrange(100, 600)}-{r.randrange(10, 99)}-{r.randrange(1000, 9999)}",
    "MRN": lambda r: r.choice(("", "H")) + digits(r, 7),
    "IP": lambda r: ".".join(str(r.randrange(1, 255)) for _ in range(4)),
}
