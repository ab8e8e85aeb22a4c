"""Features of context: what a device did in the last half hour, who is new, how surprising a silence is.

Part of ``wifi_features``; what each column means is written in feature_spec.json, what was learnt in feature_state.json.
"""

import hashlib
import json
import math
import os
from bisect import bisect_left

from wifi_events import (
    AP_CONTACT,
    ASSOCIATION,
    CLIENT,
    DHCP_ACK,
    DHCP_DISCOVER,
    DHCP_EXHAUSTED,
    DISCONNECT,
    FORGED,
    JOINED,
    LINK_LOST,
    RADAR,
    RESTART,
    VOLUNTARY,
    WEAK,
)

NAN = float("nan")
BINS = 60
NAMES = (
    "max_reconnects_per_mac_30m",
    "forced_reconnects_30m",
    "lost_client_share",
    "disconnect_burst_10s",
    "auth_fail_30m",
    "new_bssid_30m",
    "forged_frames_30m",
    "dhcp_unanswered_30m",
    "radar_30m",
    "boot_crash_30m",
    "log_rate_logratio",
    "silence_surprise",
    "rssi_drop_30m",
    "weak_link_30m",
)
# More keys than this of one window, and more first times of one kind in all, are followed by a sample of the addresses.
MAX_STATIONS, MAX_LINK_EVENTS, MAX_FIRST_SEEN, MAX_LEVEL = 512, 4096, 524288, 30
MAX_COUNT = 0x7FFF
LOST, ASSOCIATED, LEFT = 0, 1, 2
NOBODY, DEVICE_ITSELF = 1 << 48, (1 << 48) - 1
LEAVING_REASONS = (3, 8)
RETURN_SECONDS, LEAVING_SECONDS = 10, 2
HEAD_SECONDS = RETURN_SECONDS + LEAVING_SECONDS


def address_hash(address):
    def imul(a, b):
        return a * b & 0xFFFFFFFF

    mixed = imul(address & 0xFFFFFFFF, 0x85EBCA6B) ^ imul(address >> 32, 0xC2B2AE35)
    mixed = imul(mixed ^ mixed >> 15, 0x2C1B3C6D)
    mixed = imul(mixed ^ mixed >> 13, 0x297A2D39)
    return mixed ^ mixed >> 16


def is_followed(address, level):
    return level == 0 or address_hash(address) & ((1 << level) - 1) == 0


def sample_level(addresses, limit, level=0):
    """Smallest level, not below the given one, at which no more than ``limit`` of the addresses are followed."""
    while level < MAX_LEVEL and sum(is_followed(address, level) for address in addresses) > limit:
        level += 1
    return level


class WindowContext:
    """What one window keeps for the features of context."""

    def __init__(self):
        self.radars = self.restarts = self.exhausted = self.forgeries = self.weak_links = 0
        self.associations, self.lost, self.discovered, self.answered = {}, set(), set(), set()
        self.readings = {}
        self.links = {}  # (address, second, kind) -> whether a loss was unwilling
        # Set when all lines are in.
        self.level = 0
        self.links_level = 0
        self.auth_failures = self.forced = self.new_access_points = 0

    def add(self, event, groups, second):
        self.radars += groups & RADAR != 0
        self.restarts += groups & RESTART != 0
        self.exhausted += groups & DHCP_EXHAUSTED != 0
        self.forgeries += groups & FORGED != 0
        self.weak_links += groups & WEAK != 0
        address = int(event.mac, 16) if event.mac else -1
        left = groups & VOLUNTARY != 0 or (groups & DISCONNECT != 0 and event.reason in LEAVING_REASONS)
        if groups & LINK_LOST:
            key = (NOBODY if address < 0 else address, second, LOST)
            self.links[key] = self.links.get(key, False) or not left
        if event.signal == event.signal:
            key = (address if groups & CLIENT and address >= 0 else DEVICE_ITSELF, event.signal)
            self.readings[key] = self.readings.get(key, 0) + 1
        if address < 0:
            return
        if groups & ASSOCIATION:
            self.links[address, second, ASSOCIATED] = True
            self.associations[address] = self.associations.get(address, 0) + 1
        if left:
            self.links[address, second, LEFT] = True
        for bit, members in ((LINK_LOST, self.lost), (DHCP_DISCOVER, self.discovered), (DHCP_ACK, self.answered)):
            if groups & bit:
                members.add(address)

    def close(self):
        """Takes samples where there are too many addresses."""
        stations = self.lost | self.discovered | self.answered | set(self.associations)
        self.level = sample_level(list(stations) + [who for who, _ in self.readings], MAX_STATIONS)
        self.links_level = sample_level([key[0] for key in self.links], MAX_LINK_EVENTS)
        if self.links_level:
            self.links = {key: value for key, value in self.links.items() if is_followed(key[0], self.links_level)}

    def burst(self):
        seconds = sorted(second for _, second, kind in self.links if kind == LOST)
        most = first = 0
        for last, second in enumerate(seconds):
            while second - seconds[first] >= 10:
                first += 1
            most = max(most, last - first + 1)
        return most << self.links_level


def forced_reconnects(window, before, length):
    """Links lost unwillingly and made again; ``before`` is the window in front, or None."""
    lost, left = {}, {}
    for other, shift in ((before, -length), (window, 0)):
        for (address, second, kind), unwilling in other.links.items() if other else ():
            if shift and second + shift < -HEAD_SECONDS:
                continue
            if kind == LOST and unwilling:
                lost.setdefault(address, []).append(second + shift)
            elif kind == LEFT:
                left.setdefault(address, []).append(second + shift)
    head = rest = 0
    for address, second, kind in window.links:
        if kind != ASSOCIATED or address not in lost:
            continue
        loss = max((moment for moment in lost[address] if moment <= second), default=None)
        if loss is None or second - loss > RETURN_SECONDS:
            continue
        until = min(loss + LEAVING_SECONDS, second)
        if any(loss - LEAVING_SECONDS <= moment <= until for moment in left.get(address, ())):
            continue
        if second < HEAD_SECONDS:
            head += 1
        else:
            rest += 1
    return head + (rest << window.links_level)


class FirstSeen:
    """First arrivals of addresses by owner."""

    def __init__(self):
        self.first = {}

    def note(self, owner, address, time_ms):
        known = self.first.setdefault(owner, {})
        if time_ms < known.get(address, math.inf):
            known[address] = time_ms

    def close(self, level):
        addresses = [address for known in self.first.values() for address in known]
        self.level = level if len(addresses) <= MAX_FIRST_SEEN else sample_level(addresses, MAX_FIRST_SEEN, level)
        self.times = {
            owner: sorted(time for address, time in known.items() if is_followed(address, self.level))
            for owner, known in self.first.items()
        }

    def before(self, owner, time_ms):
        """Addresses first seen before a moment."""
        return bisect_left(self.times.get(owner, ()), time_ms) << self.level


class State:
    """feature_state.json."""

    def __init__(self, model_dir, sha256):
        with open(os.path.join(model_dir, "feature_state.json"), "rb") as file:
            data = file.read()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ValueError("feature_state.json is not the file that feature_spec.json names: it was changed")
        self.content = json.loads(data.decode("utf-8"))

    def device(self, name):
        """What was learnt of a device; of all of them for one that training did not see."""
        return self.content["devices"].get(name, self.content)


class ContextFeatures:
    """Computes the features of context of the grid, one time slot after the other."""

    def __init__(self, spec, state):
        window = spec["window"]
        self.state = state
        self.length = window["length_seconds"]
        self.stride = window["stride_seconds"]
        self.step = -(-self.length // self.stride)
        apart = self.step * self.stride
        self.reach = max(1, window["context_seconds"] // apart)
        self.seamless = apart == self.length
        self.minutes = max(parts for parts in range(1, BINS + 1) if BINS % parts == 0 and (parts == 1 or parts * 60 <= self.length))
        self.joined, self.access_points = FirstSeen(), FirstSeen()
        self.silences, self.signals, self.fresh = {}, {}, {}

    def note(self, owner, event, groups, time_ms):
        if not event.mac:
            return
        if groups & JOINED:
            self.joined.note(owner, int(event.mac, 16), time_ms)
        if groups & AP_CONTACT:
            self.access_points.note(owner, int(event.mac, 16), time_ms)

    def begin(self, windows, owners, first):
        """All lines are in: `windows` by (owner, index), the grid begins at the window `first`."""
        self.windows, self.first = windows, first
        content = self.state.content
        for owner in owners:
            known = content["devices"].get(owner, {})
            for seen, times in ((self.joined, known.get("joined", {})), (self.access_points, known.get("access_points", {}))):
                for address, seconds in times.items():
                    seen.note(owner, int(address, 16), seconds * 1000)
            self.signals[owner] = {int(address, 16): dbm for address, dbm in known.get("signals", {}).items()}
        self.joined.close(content["joined_level"])
        self.access_points.close(content["access_points_level"])
        for window in windows.values():
            window.context.close()
            window.context.auth_failures = window.auth_failures

    def values(self, owner, index, window, hour):
        """The features of a window by name; hour = local hour in which it begins."""
        start, end = index * self.stride * 1000, (index * self.stride + self.length) * 1000
        current = window.context
        recent = [self._context(owner, index - back * self.step) for back in range(self.reach)]
        if (owner, index) in self.windows:
            before = recent[1] if self.seamless and self.reach > 1 else None
            current.forced = forced_reconnects(current, before, self.length)
        self.fresh[owner, index] = self.access_points.before(owner, end) - self.access_points.before(owner, start)
        weighted = [(self.reach - back, context) for back, context in enumerate(recent) if context is not None]

        def decayed(name):
            return sum(weight * getattr(context, name) for weight, context in weighted)

        learnt = self.state.device(owner)
        usual = learnt["hourly_lines"][hour]
        known = self.joined.before(owner, end)
        lost = sum(is_followed(address, current.level) for address in current.lost) << current.level
        return {
            "max_reconnects_per_mac_30m": self._most_associations(weighted),
            "forced_reconnects_30m": decayed("forced"),
            "lost_client_share": lost / max(1, known),
            "disconnect_burst_10s": current.burst(),
            "auth_fail_30m": decayed("auth_failures"),
            "new_bssid_30m": sum(
                (self.reach - back) * self.fresh.get((owner, index - back * self.step), 0) for back in range(self.reach)
            ),
            "forged_frames_30m": decayed("forgeries"),
            "dhcp_unanswered_30m": self._unanswered(weighted) + sum(context.exhausted for _, context in weighted),
            "radar_30m": decayed("radars"),
            "boot_crash_30m": decayed("restarts"),
            "log_rate_logratio": NAN if usual is None else math.log((window.logs + 1) / (usual + 1)),
            "silence_surprise": self._silence(owner, index, window.bins, hour, learnt["silent_minutes"]),
            "rssi_drop_30m": self._signal_drop(weighted, self.signals[owner]),
            "weak_link_30m": decayed("weak_links"),
        }

    def _context(self, owner, index):
        window = self.windows.get((owner, index)) if index >= self.first else None
        return window.context if window else None

    @staticmethod
    def _level(weighted):
        return max((context.level for _, context in weighted), default=0)

    def _most_associations(self, weighted):
        level, counts = self._level(weighted), {}
        for weight, context in weighted:
            for address, count in context.associations.items():
                if is_followed(address, level):
                    counts[address] = counts.get(address, 0) + weight * min(MAX_COUNT, count)
        return max(counts.values(), default=0)

    def _unanswered(self, weighted):
        level, waiting = self._level(weighted), set()
        for _, context in weighted:
            waiting |= context.discovered
        for _, context in weighted:
            waiting -= context.answered
        return sum(is_followed(address, level) for address in waiting) << level

    def _signal_drop(self, weighted, usual):
        level, drop, squares = self._level(weighted), 0, 0
        for weight, context in weighted:
            for (who, dbm), count in context.readings.items():
                if who in usual and is_followed(who, level):
                    count = min(MAX_COUNT, count)
                    drop += weight * (usual[who] - dbm) * count
                    squares += weight * weight * count
        return drop / math.sqrt(max(1, squares))

    def _silence(self, owner, index, bins, hour, weights):
        counts = self.silences.setdefault((owner, index % self.step), [0] * 24)
        width, most = BINS // self.minutes, 0
        for minute in range(self.minutes):
            if bins >> minute * width & (1 << width) - 1:
                counts[:] = [0] * 24
            else:
                counts[hour] += 1
            surprise = 0.0
            for at in range(24):
                surprise += counts[at] * weights[at]
            most = max(most, surprise)
        return most
