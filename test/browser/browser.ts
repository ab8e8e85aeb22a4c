import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { chromiumPath } from '../support/chromium.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Look {
  readonly scheme: 'light' | 'dark';
  readonly width: number;
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

/** A browser that notices what must never happen: an error in the console, a request to another host. */
export class Visitor {
  readonly problems: string[] = [];

  private constructor(
    private readonly browser: Browser,
    private readonly context: BrowserContext,
    readonly page: Page,
    readonly base: string,
    private readonly width: number,
  ) {}

  static async start(port: number, { scheme, width }: Look): Promise<Visitor> {
    const base = `http://127.0.0.1:${port}`;
    const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: scheme,
      timezoneId: 'Europe/Berlin',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const visitor = new Visitor(browser, context, page, base, width);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        visitor.problems.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', ({ message }) => visitor.problems.push(`error: ${message}`));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(base) && !/^(blob|data):/.test(url)) visitor.problems.push(`request: ${url}`);
    });
    return visitor;
  }

  async open(path: string): Promise<void> {
    await this.page.goto(this.base + path);
    await this.settled();
  }

  /** Takes note of a refusal that the test asked for: it is no problem. */
  expectRefusal(status: number): Promise<void> {
    return this.expectConsole(`status of ${status}`);
  }

  /** Browsers write into their console what did not work, also when the page knows what to do about it. */
  async expectConsole(text: string): Promise<void> {
    const isExpected = (problem: string): boolean => problem.includes(text);
    await expect.poll(() => this.problems.some(isExpected)).toBe(true);
    this.problems.splice(0, this.problems.length, ...this.problems.filter((problem) => !isExpected(problem)));
  }

  /** Nothing is on its way any more. */
  async settled(): Promise<void> {
    await this.page.locator('h1').first().waitFor();
    await expect
      .poll(() => this.page.locator('[role="status"][aria-label="Loading"]').count(), { timeout: 60_000 })
      .toBe(0);
  }

  /** Nothing moves or fades any more. */
  async atRest(): Promise<void> {
    await expect.poll(() => this.page.evaluate('document.getAnimations().length')).toBe(0);
  }

  /** What is shown now can be used by everybody and fits on the screen. */
  async check(): Promise<void> {
    await this.settled();
    await this.page.evaluate(AXE);
    const violations: Violation[] = await this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(options: object): Promise<{ violations: Violation[] }> };
      };
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];
      return (await axe.run({ runOnly: tags })).violations;
    });
    const where = this.page.url();
    expect(
      violations.map(
        ({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
      ),
    ).toEqual([]);
    const wide = await this.page.evaluate('document.documentElement.scrollWidth');
    expect(wide, `${where} is wider than the screen`).toBeLessThanOrEqual(this.width);
    expect(this.problems).toEqual([]);
  }

  async close(): Promise<void> {
    await this.context.close();
    await this.browser.close();
  }
}
