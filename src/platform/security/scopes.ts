/** What a key may do. `admin` implies all others; `train` and `deploy` imply `read`. */
export const SCOPES = ['read', 'train', 'deploy', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

const IMPLIED: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  train: ['train', 'read'],
  deploy: ['deploy', 'read'],
  admin: SCOPES,
};

export const isScope = (text: string): text is Scope => (SCOPES as readonly string[]).includes(text);

export function allows(granted: readonly Scope[], needed: Scope): boolean {
  return granted.some((scope) => IMPLIED[scope].includes(needed));
}
