/** Gives equal texts equal small numbers, and can forget those that no open window uses any more. */
export class TextNumbers {
  private readonly numberByText = new Map<string, number>();
  private readonly texts: string[] = [];
  private readonly free: number[] = [];

  number(text: string): number {
    const known = this.numberByText.get(text);
    if (known !== undefined) return known;
    const number = this.free.pop() ?? this.texts.length;
    this.texts[number] = text;
    this.numberByText.set(text, number);
    return number;
  }

  /** Texts held. */
  get size(): number {
    return this.numberByText.size;
  }

  /** Texts by number; '' for numbers that are not in use. */
  list(): string[] {
    return this.texts.slice();
  }

  /** One more than the largest number given out. */
  get limit(): number {
    return this.texts.length;
  }

  /** Forgets the texts whose number is not marked 1; their numbers are given out again. */
  retain(used: Uint8Array): void {
    for (const [text, number] of this.numberByText) {
      if (used[number] === 1) continue;
      this.numberByText.delete(text);
      this.texts[number] = '';
      this.free.push(number);
    }
  }
}
