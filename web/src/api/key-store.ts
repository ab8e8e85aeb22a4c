/** The API key of this tab. It lives in sessionStorage: closing the tab forgets it, and no other tab sees it. */
const NAME = 'mcp-training-api-key';

interface KeyState {
  readonly key: string | null;
  /** Said by the service: it wants a key, or another one. */
  readonly isNeeded: boolean;
}

let state: KeyState = { key: stored(), isNeeded: false };
const listeners = new Set<() => void>();

function stored(): string | null {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}

function change(next: KeyState): void {
  state = next;
  for (const listener of listeners) listener();
}

export const keyStore = {
  read: (): KeyState => state,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  use: (key: string): void => {
    try {
      sessionStorage.setItem(NAME, key);
    } catch {
      // kept in memory only
    }
    change({ key, isNeeded: false });
  },
  forget: (): void => {
    try {
      sessionStorage.removeItem(NAME);
    } catch {
      // was in memory only
    }
    change({ key: null, isNeeded: true });
  },
  needed: (): void => {
    if (!state.isNeeded) change({ ...state, isNeeded: true });
  },
};
