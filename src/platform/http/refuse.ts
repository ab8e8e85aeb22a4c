import type { Response } from 'express';

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The answer of everything that stands in front of the controllers. The address is left out: it may be one that should
 * not be repeated.
 */
export function refuse(response: Response, { status, code, detail, hint, headers = {} }: Refusal): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('cache-control', 'no-store');
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:mcp-training:problem:${code}`,
        title: detail,
        status,
        detail,
        instance: '/',
        code,
        request_id: response.getHeader('x-request-id')?.toString() ?? '',
        ...(hint === undefined ? {} : { hint }),
      }),
    );
}
