"""What the peers count in a log line: the event groups of src/features/core/event-class.ts as regular expressions.

Only syntax that Python's `re` and Rust's `regex` (polars) read alike: no look-around, no back references.
"""

WIFI_PROGRAMS = ["hostapd", "wpa_supplicant", "wlceventd", "acsd", "acsd2", "roamast", "bsd", "eapd", "nas"]

# Event groups: name -> regular expression that is searched in the message.
GROUPS = {
    "auth_failures": (
        r"AP-STA-POSSIBLE-PSK-MISMATCH|reason=WRONG_KEY|pre-shared key may be incorrect"
        r"|CTRL-EVENT-(?:AUTH|ASSOC)-REJECT|AP-REJECTED-|CTRL-EVENT-EAP-(?:TIMEOUT-)?FAILURE"
        r"|SAE-UNKNOWN-PASSWORD|MESH-SAE-AUTH-|invalid MIC|AssocReq did not match|uthentication with \S+ timed out"
        r"|denied (?:authentication|association)|: (?:Auth|Assoc|ReAssoc) \S+, status: [^(]*\([1-9]"
        r"|: (?:Deauth_ind|Disassoc) .*\(15\)|CTRL-EVENT-DISCONNECTED .*reason=15\b|\(Reason: 15="
    ),
    "disconnects": (
        r"AP-STA-DISCONNECTED|CTRL-EVENT-DISCONNECTED|IEEE 802\.11: (?:deauthenticated|disassociated)"
        r"|MLME-(?:DEAUTHENTICATE|DISASSOCIATE)\.indication|: (?:Deauth_ind|Disassoc) \S+, status: "
        r"|(?:deauthenticat|disassociat)(?:ing|ed) from \S+ .*\(Reason: |Connection to AP \S+ lost"
        r"|No ack for nullfunc frame"
    ),
    "disassociations": (
        r"IEEE 802\.11: disassociated|: Disassoc \S+, status: |disassociat(?:ing|ed) from \S+ .*\(Reason: "
    ),
    "connects": (
        r"AP-STA-CONNECTED|CTRL-EVENT-CONNECTED|: (?:Assoc|ReAssoc) \S+, status: [^(]*\(0\)|: associated$"
    ),
    "beacons": r"CTRL-EVENT-BEACON-LOSS|CTRL-EVENT-UNPROT-BEACON|Beacon protection failure|beacon loss|No beacon heard",
    "joins": (
        r"IEEE 802\.11: (?:authenticated|associated)|AP-STA-CONNECTED|EAPOL-4WAY-HS-COMPLETED"
        r"|pairwise key handshake completed|Trying to (?:authenticate|associate) with|Associated with "
        r"|Key negotiation completed|CTRL-EVENT-CONNECTED|send auth to |: authenticate with |ssocResp from "
        r"|: associate with |: (?:authenticated|associated)$|: (?:Auth|Assoc|ReAssoc) \S+, status: [^(]*\(0\)"
        r"|DHCPREQUEST|DHCPACK|DHCPDISCOVER\(\S+\) (?:[0-9.]+ )?[0-9a-fA-F:]{17} ?$"
    ),
}
ERROR_TEXT = r"error|fail"

# A WiFi line of a program that is not in WIFI_PROGRAMS (mostly the kernel's).
OTHER_WIFI = (
    r": authenticate with |send auth to |ssocResp from |: associate with |: (?:authenticated|associated)$"
    r"|(?:deauthenticat|disassociat)(?:ing|ed) from |(?:uthentication|ssociation) with \S+ timed out"
    r"|denied (?:authentication|association)|Connection to AP \S+ lost|No ack for nullfunc frame|beacon loss"
    r"|irmware (?:has )?crash|ardware restart was requested|estarting hardware|timeout, restarting"
    r"|egulatory|adar detected|SYSASSERT|Message [0-9a-f]{8} \(seq [0-9]+\) timeout|icrocode SW error|irmware has halted"
    r"|wlceventd_proc_event|^WLCEVENTD"
)

MAC = r"([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})"
SSID = r"(?:SSID='|ssid=\"|SSID ')([^'\"]*)['\"]"
SIGNAL = r"(?: signal=|cur_level=|rssi:)(-[0-9]+)"
TXRATE = r" txrate=([0-9]+)"
FREQ = r"freq=([0-9]+)"
# `<30>Jun  1 00:00:14 host program[pid]: text`, where an export has no column for program and level.
HEADER = r"^<([0-9]+)>\w{3} [ 0-9][0-9] [0-9:]{8} \S+ ([^\[:]+)"

ERROR_LEVELS = {"emergency", "alert", "critical", "error"}

_PROGRAM_BITS = [
    ("wlceventd", 1), ("acsd", 1), ("roamast", 1), ("watchdog", 1), ("netifd", 2), ("odhcpd", 2), ("procd", 2),
    ("hostapd", 4), ("dnsmasq", 8), ("wpa_supplicant", 16), ("networkmanager", 16), ("iwd", 16),
]


def program_bits(program: str) -> int:
    """Bits that tell what a device is (src/features/core/device-kind.ts)."""
    name = program.lower()
    bits = 0
    for part, bit in _PROGRAM_BITS:
        if part in name:
            bits |= bit
    return bits
