"""Keys and ids that are almost right, made from the right one; what is left to chance comes from a `Random`."""

from __future__ import annotations

import re
import string
from collections.abc import Collection
from random import Random

# What careless programs send, or take, for a key. They are words, not secrets.
WORDS = ("null", "undefined", "' OR '1'='1", "%")
ALPHABETS = (string.digits, "abcdef", "ABCDEF", string.ascii_lowercase, string.ascii_uppercase)
# From this length on, the last part of an id is taken to be random, and a change of it to be nobody's id.
RANDOM_LENGTH = 12
# A number so short is a counter's rather than random. It stands alone, after a separator or after letters only.
COUNTED = re.compile(r"(|[A-Za-z]+|.*[^0-9A-Za-z])[0-9]{1,11}", re.DOTALL)


def near_misses_of_key(key: str, random: Random) -> list[str]:
    """The key shortened, lengthened, quoted, changed at one place, with another stem or rest, or as a pattern that fits
    it."""
    stem = key[: key.rfind("_") + 1]
    rest = random.randbytes(max(8, (len(key) - len(stem)) // 2)).hex()
    first, separator, after = key.partition("_")
    middle = _middle(key, len(stem) // 2)
    misses = [key[:-1], key + _other(key[-1]), _put(key, len(key) - 1), key[: len(key) // 2], stem + rest]
    misses += [f"{first}s{separator}{after}", f"{key}.x", f"{key},x", f"x{key}", f'"{key}"']
    misses += [_put(key, place) for place in (0, min(len(stem), len(key) - 1), middle)]
    misses += [_put(key, middle, wildcard) for wildcard in "_%."]
    misses += [_swapped(key)]
    if not re.fullmatch(r"[0-9A-Fa-f-]+", key):
        # Hexadecimal numbers and UUIDs may lawfully be compared by their value.
        misses += [key.swapcase(), f"{key[:middle]}-{key[middle:]}"]
    return [miss for miss in dict.fromkeys(misses) if miss != key]


def near_misses_of_id(session_id: str, known: Collection[str], random: Random) -> list[str]:
    """Ids that nobody has: lengthened; where the last part is random, also shortened, changed, or with another stem or
    none; where letters of both cases are in it, with these exchanged.

    Ids that are counted up are only lengthened: with a character less or another one they may be somebody's.
    """
    misses = [f"{session_id}-0", f"{session_id}.json"]
    is_random = has_random_part(session_id)
    if is_random or session_id.isdecimal():
        misses.append(f"{session_id}x")
    if is_random:
        middle = len(session_id) - RANDOM_LENGTH // 2
        last = random.choice([each for each in _alphabet(session_id[-1]) if each != session_id[-1]])
        misses += [session_id[:-1], session_id[:-1] + last, _put(session_id, middle, "_"), f"x{session_id}"]
        misses.append(rest := session_id.rpartition("_")[2])
        if rest.lower() != rest != rest.upper():
            # Ids all in one case may lawfully be compared without it, as UUIDs are.
            misses.append(session_id.swapcase())
    return [miss for miss in misses if miss != session_id and miss not in known]


def has_random_part(session_id: str) -> bool:
    """Whether what follows the last separator is too long for a counter, and neither a number nor filled with zeros."""
    last = re.split(r"[^0-9A-Za-z]", session_id)[-1]
    return len(last) >= RANDOM_LENGTH and not last.isdecimal() and not last.startswith("000")


def beyond_counting(session_id: str, random: Random) -> str | None:
    """Where the id ends in a counter: the same with a number far beyond it, yet within 64 bits. Else nothing."""
    counted = COUNTED.fullmatch(session_id)
    if counted is None and not (session_id.isascii() and session_id.isdecimal()):
        return None
    return f"{counted[1] if counted else ''}{8 * 10**17 + random.randrange(10**17)}"


def _middle(key: str, least: int) -> int:
    """The letter or digit nearest to the middle, none of the separators."""
    places = [place for place, character in enumerate(key) if place >= least and character.isalnum()]
    return min(places or [0], key=lambda place: abs(place - len(key) // 2))


def _put(text: str, place: int, character: str = "") -> str:
    return text[:place] + (character or _other(text[place])) + text[place + 1 :]


def _other(character: str) -> str:
    return "0" if character != "0" else "1"


def _alphabet(character: str) -> str:
    return next(alphabet for alphabet in ALPHABETS if character in alphabet)


def _swapped(key: str) -> str:
    """Two neighbours that differ, in each other's place; those nearest to the end."""
    for place in range(len(key) - 2, -1, -1):
        if key[place] != key[place + 1]:
            return key[:place] + key[place + 1] + key[place] + key[place + 2 :]
    return key
