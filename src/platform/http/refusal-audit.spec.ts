import type { Request } from 'express';
import { describe, expect, it } from 'vitest';
import { setIdentity } from '../security/actor.js';
import type { AuditRecord } from '../database/append-audit.js';
import { RefusalAudit } from './refusal-audit.js';

function fixture() {
  const rows: AuditRecord[] = [];
  const warnings: string[] = [];
  const clock = { ms: 0 };
  const audit = new RefusalAudit(
    {
      append: (record) => {
        rows.push(record);
        return Promise.resolve();
      },
    },
    { warn: (message) => void warnings.push(String(message)) },
    () => clock.ms,
  );
  return { rows, warnings, clock, audit };
}

function request(method: string, path: string, name?: string): Request {
  const made = { method, path, socket: { remoteAddress: '127.0.0.1' } } as Request;
  if (name !== undefined) setIdentity(made, { id: name, name, scopes: ['read'] });
  return made;
}

describe('the record of refused requests', () => {
  it('says who tried what, and leaves reading alone', () => {
    const { rows, audit } = fixture();
    audit.record(request('GET', '/api/v1/models'), 401, 'no key');
    audit.record(request('POST', '/api/v1/models/rollback', 'key:reader/abc'), 403, 'needs deploy');
    audit.record(request('DELETE', '/api/v1/exports/x'), 401, 'no key');
    expect(rows).toMatchObject([
      { actor: 'key:reader/abc', entityId: '/api/v1/models/rollback', to: { method: 'POST', status: 403 } },
      { actor: 'api:127.0.0.1', entityId: '/api/v1/exports/x', to: { method: 'DELETE', status: 401 } },
    ]);
  });

  it('is bounded a minute, and a flood without a key does not hide what a key was refused', () => {
    const { rows, warnings, clock, audit } = fixture();
    for (let i = 0; i < 1000; i++) audit.record(request('POST', '/x'), 401, 'no key');
    expect(rows).toHaveLength(10);
    for (let i = 0; i < 1000; i++) audit.record(request('POST', '/x', 'key:a/b'), 403, 'scope');
    expect(rows).toHaveLength(40);
    clock.ms = 60_000;
    audit.record(request('POST', '/x'), 401, 'no key');
    expect(rows).toHaveLength(41);
    expect(warnings).toEqual(['990 refused requests were not written into the audit log.']);
  });

  it('never repeats a key that stands in the address', () => {
    const { rows, audit } = fixture();
    audit.record(request('POST', `/api/v1/mcpt_abcdefghijkl_${'x'.repeat(43)}`), 401, 'key in the URL');
    expect(rows[0].entityId).toBe('/');
  });
});
