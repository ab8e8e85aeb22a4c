"""Reads log rows and tells what kind of WiFi event each line is.

Works on the rule tables of ``wifi_rules.json``, which were exported from the training service: the rules themselves are
written down once, there. Needs Python 3.8 or newer and nothing else. Use it through ``wifi_features``.
"""

import json
import re
from datetime import datetime, timezone

# Groups an event counts in (bit set, the same numbers as in wifi_rules.json).
WIFI, AUTH_FAILURE, DISCONNECT, DISASSOCIATION, CONNECT, BEACON, JOIN = 1, 2, 4, 8, 16, 32, 64
LINK_LOST, ASSOCIATION, RESTART, DHCP_DISCOVER, DHCP_ACK, DHCP_EXHAUSTED = 128, 256, 1024, 2048, 4096, 8192
AP_CONTACT, CLIENT, VOLUNTARY, JOINED, RADAR, FORGED, WEAK = 16384, 32768, 65536, 131072, 262144, 524288, 1048576

NAN = float("nan")
# White space as the training service understands it (ECMAScript); Python's own sets differ by a few characters.
SPACE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
SPACES = re.sub("(.)-(.)", lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))), SPACE)

DAY_MS = 86400000
MIN_MS, MAX_MS = 946684800000, 4102444800000  # the years 2000 to 2099


class Event:
    """What one line is and what it carried; absent numbers are -1, absent measurements NaN."""

    __slots__ = ("name", "mac", "ssid", "reason", "status", "signal", "txrate", "freq")

    def __init__(self):
        self.name = "other"
        self.mac = ""
        self.ssid = ""
        self.reason = self.status = self.freq = -1
        self.signal = self.txrate = NAN


# What stands in front of a needle at the start: nothing, or the number and the client that dnsmasq writes there.
START = re.compile(r"(?:[0-9]+ (?:[^ ]+ )?)?")
# An interface's name and nothing else, also behind the kernel's clock or name.
INTERFACE = re.compile(r"(?:\A|\] |kernel: )[0-9A-Za-z_.-]+\Z")
PLACES = ("start", "end", "interface")
# Masked digits are digits too.
NEXT = {"address": re.compile(r"[0-9A-Fa-fxX*]{2}:"), "capital": re.compile("[A-Z]")}


class Rule:
    """A row of the rule tables: a needle must occur, and the conditions hold for its first occurrence."""

    __slots__ = ("name", "needles", "when", "take")

    def __init__(self, row):
        self.name = row["class"]
        self.needles = row["needles"]
        self.take = row.get("take")
        self.when = row.get("when", {})
        known = {"also": None, "next": NEXT, "place": PLACES, "not_after": None}
        for key, value in self.when.items():
            # Better no windows than windows of other rules.
            if key not in known or (known[key] is not None and value not in known[key]):
                raise ValueError("wifi_rules.json: this extractor does not know the condition %s: %s" % (key, value))

    def holds(self, message, needle, at):
        when = self.when
        if not when:
            return True
        if "not_after" in when and at > 0 and message[at - 1] == when["not_after"]:
            return False
        if "next" in when and NEXT[when["next"]].match(message, at + len(needle)) is None:
            return False
        if "place" in when and not self._stands(when["place"], message, needle, at):
            return False
        return "also" not in when or any(text in message for text in when["also"])

    @staticmethod
    def _stands(place, message, needle, at):
        if place == "start":
            return START.fullmatch(message, 0, at) is not None
        text = message.rstrip("\t\n\v\f\r ")
        if not text.endswith(needle):
            return False
        return place == "end" or INTERFACE.search(text[: len(text) - len(needle)]) is not None


MAC = re.compile(r"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
TOKEN = re.compile(r"[A-Z][A-Z0-9-]*")
INTEGER = re.compile(r"-?[0-9]{1,15}")


def mac_text(match):
    """Six octets without separators in lower case: neither may make two addresses of one."""
    return re.sub("[:-]", "", match.group()).lower() if match else ""


def integer_after(text, key, start):
    """Integer right after the first ``key`` from ``start`` on, or None."""
    at = text.find(key, start)
    match = INTEGER.match(text, at + len(key)) if at >= 0 else None
    return int(match.group()) if match else None


def first_integer(text, key, start):
    """Integer after the first ``key`` that a number follows; -1 = none."""
    at = text.find(key, start)
    while at >= 0:
        match = INTEGER.match(text, at + len(key))
        if match:
            return int(match.group())
        at = text.find(key, at + 1)
    return -1


class Classifier:
    """Finds the event class of a line, with the rule tables in the order in which they are stored."""

    def __init__(self, rules):
        make = lambda rows: [Rule(row) for row in rows]  # noqa: E731
        self.tokens = {}
        for rule in make(rules["token_rules"]):
            for token in rule.needles:
                self.tokens.setdefault(token, []).append(rule)
        self.token_prefixes = make(rules["token_prefix_rules"])
        self.station = make(rules["station_rules"])
        sentences = make(rules["sentence_rules"])
        lists = [(entry["programs"], [sentences[at] for at in entry["rules"]]) for entry in rules["rule_lists"]]
        # The last list is for all other programs: the part '' is in every name.
        self.by_program = [(part, chosen) for parts, chosen in lists for part in parts]
        self.any_program = []
        self.classes = rules["classes"]
        self.timeout_reason = rules["handshake_timeout_reason"]
        self.known_programs = {}

    def classify(self, program, message):
        event = Event()
        colon = message.find(": ")
        if self._event_at(message, 0 if colon < 0 else colon + 2, event):
            return event
        if colon > 0 and self._event_at(message, 0, event):
            return event
        self._sentence(self._rules_for(program), message, event)
        return event

    def groups(self, event):
        """Bit set of the groups the event counts in. The class alone does not decide, see ``wifi_rules.json``."""
        usual, refused, timed_out = self.classes[event.name]
        if event.reason == self.timeout_reason and timed_out != usual:
            return timed_out
        return refused if event.status > 0 else usual

    def _rules_for(self, program):
        rules = self.known_programs.get(program)
        if rules is None:
            name = program.lower()
            rules = next((rules for part, rules in self.by_program if part in name), self.any_program)
            if len(self.known_programs) >= 4096:
                self.known_programs.clear()
            self.known_programs[program] = rules
        return rules

    def _event_at(self, message, at, event):
        """An event token in capitals, or a hostapd line about a station; True when one was recognised."""
        if message.startswith("STA ", at):
            return self._station(message, at + 4, event)
        match = TOKEN.match(message, at)
        if match is None or "-" not in match.group():
            return False
        for rule in self.tokens.get(match.group(), ()):
            if rule.holds(message, "", at):
                self._take(rule, message, match.end(), event)
                return True
        for rule in self.token_prefixes:
            for prefix in rule.needles:
                if message.startswith(prefix, at) and rule.holds(message, prefix, at):
                    event.name = rule.name
                    return True
        return False

    def _station(self, message, at, event):
        text_at = at + 18
        for rule in self.station:
            if any(message.startswith(needle, text_at) for needle in rule.needles):
                event.mac = mac_text(MAC.match(message, at))
                self._take(rule, message, text_at, event)
                return True
        return False

    def _sentence(self, rules, message, event):
        colon = message.find(": ")
        text_at = 0 if colon < 0 else colon + 2
        for rule in rules:
            for needle in rule.needles:
                at = message.find(needle)
                if at < 0 or not rule.holds(message, needle, at):
                    continue
                # A station line with an unusual sentence still names its station in front of it.
                self._take(rule, message, text_at if message.startswith("STA ", text_at) else at, event)
                return

    @staticmethod
    def _take(rule, message, start, event):
        event.name = rule.name
        take = rule.take
        if not take:
            return
        if take.get("mac"):
            event.mac = mac_text(MAC.search(message, start)) or event.mac
        if "ssid" in take:
            before, after = take["ssid"]
            at = message.find(before, start)
            end = message.find(after, at + len(before)) if at >= 0 else -1
            event.ssid = message[at + len(before) : end] if end >= 0 else ""
        if "reason" in take:
            event.reason = first_integer(message, take["reason"], start)
        if "status" in take:
            event.status = first_integer(message, take["status"], start)
        if "freq" in take:
            event.freq = first_integer(message, take["freq"], start)
        if "signal" in take:
            dbm = integer_after(message, take["signal"], start)
            # Firmware writes 0 or 9999 for "no reading"; a real level is negative.
            event.signal = dbm if dbm is not None and -150 < dbm < 0 else NAN
        if "txrate" in take:
            rate = integer_after(message, take["txrate"], start)
            event.txrate = rate if rate is not None and rate > 0 else NAN


TIMESTAMP = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:([Zz])|([+-])(\d{2})(?::?(\d{2}))?)?",
    re.ASCII,
)
NAME_CONTROLS = re.compile("[\u0000-\u001f\u007f-\u009f\u2028\u2029]")
PROCESS_ID = re.compile(r"\[[0-9]+\]$")

PRIORITY = re.compile(r"<([0-9]{1,3})>")
BSD_TIME = re.compile(r"[A-Z][a-z]{2} +[0-9]{1,2} (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?: +|\Z)")
RFC5424 = re.compile(
    r"1 (?:-|[0-9]{4}-[0-9]{2}-[0-9]{2}T[^{s}]*) ([^{s}]+) ([^{s}]+) ".replace("{s}", SPACE)
)
TAG = re.compile(r"([^{s}:\[\]]{1,128})(?:\[[^\]{s}]{0,32}\])?:".replace("{s}", SPACE))
HOST_AND_TAG = re.compile(r"([^{s}:\[\]][^{s}\[\]]{0,254}) +([^{s}].*)\Z".replace("{s}", SPACE), re.DOTALL)


def timestamp_ms(value):
    """Milliseconds since the epoch; no time zone means UTC. None when it is no time."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        delta = aware - datetime(1970, 1, 1, tzinfo=timezone.utc)
        return (delta.days * 86400 + delta.seconds) * 1000 + delta.microseconds // 1000
    if not isinstance(value, str):
        return None
    match = TIMESTAMP.fullmatch(value.strip(SPACES))
    if match is None or len(match.group()) > 40:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    millis = int((match.group(7) or "0").ljust(3, "0")[:3])
    if second == 60:  # a leap second is the last millisecond of its minute
        second, millis = 59, 999
    zone = 0
    if match.group(9):
        hours, minutes = int(match.group(10)), int(match.group(11) or 0)
        if hours > 23 or minutes > 59:
            return None
        zone = (hours * 60 + minutes) * (-1 if match.group(9) == "-" else 1)
    try:
        days = datetime(year, month, day, hour, minute, second).toordinal() - 719163
    except ValueError:
        return None
    return days * DAY_MS + ((hour * 60 + minute - zone) * 60 + second) * 1000 + millis


class Record:
    """One log line: arrival time, device, program, severity 0..7 (-1 = unknown), text."""

    __slots__ = ("time_ms", "device", "program", "level", "message")


class RecordReader:
    """Makes records of rows (dicts with the export's fields), with the same aliases as the training service."""

    def __init__(self, rules):
        self.levels = rules["levels"]

    def read(self, row):
        """A Record, or None for a row without a usable time, text or device."""
        if not isinstance(row, dict):
            return None
        record = Record()
        record.time_ms = timestamp_ms(row.get("timestamp"))
        if record.time_ms is None or not MIN_MS <= record.time_ms < MAX_MS:
            return None
        record.message = row.get("message")
        if not isinstance(record.message, str):
            return None
        header = Header(row.get("raw_message"))
        record.device = self._device(row, header)
        if record.device is None or not 0 < len(record.device) <= 256:
            return None
        record.program = self._program(row, header)
        record.level = self._level(row, header)
        return record

    @staticmethod
    def _device(row, header):
        value = row.get("device_id")
        if isinstance(value, (bool, list, dict)):
            return None
        if isinstance(value, float):
            if value != value or value in (float("inf"), float("-inf")):
                return None
            value = int(value) if value.is_integer() else repr(value)
        name = field_name(value)
        for key in ("device_ip", "hostname", "host"):
            name = name or field_name(row.get(key))
        return name or header.host

    @staticmethod
    def _program(row, header):
        program = ""
        for key in ("process_name", "program", "source"):
            value = row.get(key)
            program = program or (field_name(value) if isinstance(value, str) else "")
        # "hostapd[123]" is the program hostapd.
        return (PROCESS_ID.sub("", program) or header.program)[:128]

    def _level(self, row, header):
        text = field_name(row.get("log_level")) or field_name(row.get("level"))
        if text == "":
            return header.level
        return self.levels.get(text.strip(SPACES).lower(), -1)


def field_name(value):
    """Text of a name: no control characters, no spaces around it; '' for anything that is neither text nor number."""
    if isinstance(value, str):
        return NAME_CONTROLS.sub("", value).strip(SPACES)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


class Header:
    """Host, program and severity of a raw syslog line (RFC 3164 or 5424); read only when it is asked for."""

    def __init__(self, raw):
        self.raw = raw[:256] if isinstance(raw, str) else ""
        self.parts = None

    host = property(lambda self: self._parse()[0])
    program = property(lambda self: self._parse()[1])
    level = property(lambda self: self._parse()[2])

    def _parse(self):
        if self.parts is None:
            self.parts = self._split()
        return self.parts

    def _split(self):
        priority = PRIORITY.match(self.raw)
        number = int(priority.group(1)) if priority else -1
        level = number & 7 if 0 <= number <= 191 else -1
        rest = self.raw[priority.end() :] if priority else self.raw
        modern = RFC5424.match(rest) if priority else None
        if modern:
            host, program = ("" if text == "-" else text for text in modern.groups())
            return host, program, level
        time = BSD_TIME.match(rest)
        if time is None:
            return "", "", level
        after = rest[time.end() :]
        tag = TAG.match(after)
        # A tag directly after the time means there is no host.
        if tag and (tag.end() == len(after) or after[tag.end()] in SPACES):
            return "", tag.group(1), level
        hosted = HOST_AND_TAG.match(after)
        if hosted is None:
            return "", "", level
        tag = TAG.match(hosted.group(2))
        return hosted.group(1), tag.group(1) if tag else "", level


def load_rules(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
