import { isIPv6 } from 'node:net';
import type { Request, Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { refuse } from './refuse.js';

const WINDOW_SECONDS = 60;

/** Requests a minute for each key, or each address where there is no key; counted by this process. */
export class RateLimit {
  private readonly limiter: RateLimiterMemory | null;

  /** @param perMinute 0 = no limit */
  constructor(private readonly perMinute: number) {
    this.limiter =
      perMinute === 0 ? null : new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS });
  }

  /**
   * Counts a request and says in the answer's headers how many are left. false = it was answered with 429.
   * @param key id of the caller's key; null = count by address
   */
  async take(request: Request, response: Response, key: string | null, cost: number): Promise<boolean> {
    if (this.limiter === null) return true;
    const bucket = key === null ? `address ${networkOf(request.socket.remoteAddress ?? '')}` : `key ${key}`;
    const { state, isWithin } = await this.consume(this.limiter, bucket, cost);
    const seconds = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
    response.setHeader('ratelimit-limit', this.perMinute);
    response.setHeader('ratelimit-remaining', Math.max(0, state.remainingPoints));
    response.setHeader('ratelimit-reset', seconds);
    if (isWithin) return true;
    refuse(response, {
      status: 429,
      code: 'too_many_requests',
      detail: `More than ${this.perMinute} requests a minute.`,
      hint: `Try again in ${seconds} s.`,
      headers: { 'retry-after': String(seconds) },
    });
    return false;
  }

  private async consume(
    limiter: RateLimiterMemory,
    bucket: string,
    cost: number,
  ): Promise<{ state: RateLimiterRes; isWithin: boolean }> {
    try {
      return { state: await limiter.consume(bucket, cost), isWithin: true };
    } catch (error) {
      if (error instanceof RateLimiterRes) return { state: error, isWithin: false };
      throw error;
    }
  }
}

/** One host has a whole /64 of IPv6 addresses, so they count together. */
export function networkOf(address: string): string {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head, tail = ''] = plain.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = tail.split(':').filter((group) => group !== '');
  const zeros = plain.includes('::') ? Array<string>(8 - left.length - right.length).fill('0') : [];
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
