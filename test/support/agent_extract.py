"""Second implementation of what the consumer's agents compute, written from the rules, for tests only.

Reads {"agent", "program_key", "starts", "length_ms", "rows": [[ms, program, message], ...]} on stdin and writes one vector
for each window start. The agent's rows are the last `length_ms` of all devices whose program contains one of its programs;
with "program_key" false they have no key `program`, as rows of the consumer's database. As there, the rows themselves
decide which columns come out: a vector may be of another length than the agent's.
"""

import bisect
import json
import re
import sys

PROGRAMS = {
    'wifi': ['hostapd', 'wpa_supplicant'],
    'dns': ['named', 'dnsmasq', 'systemd-resolved'],
    'firewall': ['iptables', 'ufw', 'firewalld'],
}
BRANCHES = [
    ('wifi', {'hostapd', 'wpa_supplicant'}),
    ('dns', {'named', 'dnsmasq', 'systemd-resolved'}),
    ('firewall', {'iptables', 'ufw', 'firewalld'}),
]


def wifi(messages):
    macs, ssids = set(), set()
    reasons, statuses = [0] * 17, [0] * 17
    for message in messages:
        macs.update(re.findall(r'([0-9A-Fa-f]{2}[:-]){5}([0-9A-Fa-f]{2})', message))
        ssid = re.search(r"SSID='([^']+)'", message)
        if ssid:
            ssids.add(ssid.group(1))
        for counts, key in ((reasons, 'reason'), (statuses, 'status')):
            code = re.search(key + r'=(\d+)', message)
            for number in range(1, 18):
                if code and code.group(1) == str(number):
                    counts[number - 1] += 1
    found = [sum(1 for m in messages if re.search(p, m))
             for p in ('authentication failure', 'deauthentication', 'beacon')]
    return found + [len(macs), len(ssids)] + reasons + statuses


def dns(messages):
    queries = responses = errors = 0
    domains, times = set(), []
    types = dict.fromkeys(['A', 'AAAA', 'MX', 'CNAME', 'TXT', 'NS', 'PTR', 'SOA'], 0)
    for message in (m.lower() for m in messages):
        if 'query' in message or 'request' in message:
            queries += 1
            domain = re.search(r'([a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,}', message)
            if domain:
                domains.add(domain.group(0))
            for name in types:
                if re.search(r'\b%s\b' % name, message):
                    types[name] += 1
        elif 'response' in message or 'answer' in message:
            responses += 1
            time = re.search(r'(\d+(?:\.\d+)?)\s*ms', message)
            if time and float(time.group(1)):
                times.append(float(time.group(1)))
        elif 'error' in message or 'failed' in message or 'timeout' in message:
            errors += 1
    mean = sum(times) / len(times) if times else 0
    return [queries, responses, errors, len(domains), mean] + list(types.values())


def firewall(messages):
    blocked = allowed = 0
    addresses, ports = set(), set()
    protocols = dict.fromkeys(['TCP', 'UDP', 'ICMP', 'HTTP', 'HTTPS', 'FTP', 'SSH'], 0)
    for message in (m.lower() for m in messages):
        if any(word in message for word in ('blocked', 'denied', 'drop')):
            blocked += 1
        elif any(word in message for word in ('allowed', 'accept')):
            allowed += 1
        addresses.update(re.findall(r'\b(?:\d{1,3}\.){3}\d{1,3}\b', message))
        ports.update(re.findall(r':(\d{1,5})\b', message))
        for name in protocols:
            if re.search(r'\b%s\b' % name, message):
                protocols[name] += 1
    return [blocked, allowed, len(addresses), len(ports)] + list(protocols.values())


def generic(messages):
    errors = warnings = 0
    for message in (m.lower() for m in messages):
        if any(word in message for word in ('error', 'critical', 'failed')):
            errors += 1
        elif 'warning' in message:
            warnings += 1
    return [len(messages), errors, warnings, 0, 0]


RULES = {'wifi': wifi, 'dns': dns, 'firewall': firewall}


def extract(rows, program_key):
    """rows: [ms, program, message] of one window, filtered by the agent's programs."""
    programs = {program.lower() for _, program, _ in rows} if program_key else set()
    messages = [message for _, _, message in rows]
    for name, exact in BRANCHES:
        if programs & exact:
            return RULES[name](messages)
    return generic(messages)


def windows(task):
    wanted = PROGRAMS[task['agent']]
    rows = sorted((row for row in task['rows'] if any(p in row[1].lower() for p in wanted)), key=lambda row: row[0])
    times = [row[0] for row in rows]
    for start in task['starts']:
        first = bisect.bisect_left(times, start)
        last = bisect.bisect_left(times, start + task['length_ms'])
        yield extract(rows[first:last], task['program_key'])


if __name__ == '__main__':
    json.dump(list(windows(json.load(sys.stdin))), sys.stdout)
