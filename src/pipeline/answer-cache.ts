import { statSync } from 'node:fs';
import { Injectable } from '@nestjs/common';

const MOST_ANSWERS = 32;

/**
 * The last answers that were computed from a file and never change: somebody who looks at a picture again, and everybody
 * who asks while it is computed, does not make it anew. In memory, so each process has its own; a restart forgets them.
 * For answers of a bounded size.
 */
@Injectable()
export class AnswerCache {
  private readonly answers = new Map<string, Promise<unknown>>();

  /** @param key all that the answer depends on */
  get<T>(key: readonly unknown[], make: () => Promise<T>): Promise<T> {
    const name = JSON.stringify(key);
    const known = this.answers.get(name) as Promise<T> | undefined;
    const answer = known ?? make();
    // The one asked for last is at the end.
    this.answers.delete(name);
    this.answers.set(name, answer);
    if (known === undefined) {
      answer.catch(() => this.answers.delete(name));
      const oldest = this.answers.keys().next().value;
      if (this.answers.size > MOST_ANSWERS && oldest !== undefined) this.answers.delete(oldest);
    }
    return answer;
  }
}

/** Another one as soon as the content of the file may be another. */
export function fileState(path: string): readonly unknown[] {
  const state = statSync(path, { throwIfNoEntry: false });
  return [path, state?.size, state?.mtimeMs, state?.ino];
}
